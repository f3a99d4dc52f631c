import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { BootReport, ownerKey } from '../../shared/contracts';
import { agentIdOf, type AgentRow } from '../../shared/domain';
import { RecordConflict } from '../../shared/errors';
import type { App } from '../app';
import { parseBody } from './route';
import { admittingOwner } from './worker-enrolment';

/** So much of one VM's boot log is kept. */
const maxLogBytes = 16 * 1024 * 1024;

/** Keeps what a VM tells of its boot: its stage, which is a sign of life, and the next part of its log. */
export async function reportBoot(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const report = await parseBody(request, BootReport);
  const { owner, instance, offset, text } = report;
  await admittingOwner(app, report);
  await noteStage(app, report);
  if (offset + Buffer.byteLength(text) > maxLogBytes) return { jsonBody: { offset } };
  return { jsonBody: { offset: await app.bootLogs.append(owner, instance.name, { offset, text }) } };
}

/** Once its agent has called, what it says counts; a report that comes late changes nothing. */
async function noteStage(app: App, { owner, instance, stage }: BootReport): Promise<void> {
  const partition = ownerKey(owner);
  const agentId = agentIdOf(instance);
  const known = await app.records.get<AgentRow>('agents', partition, agentId);
  if (known && known.value.state !== 'booting') return;
  const at = new Date(app.clock.now()).toISOString();
  const value: AgentRow = {
    ...(known?.value ?? blank(agentId, instance, at)),
    lastSeenAt: at,
    stage,
  };
  try {
    if (known) await app.records.replace('agents', { ...known, value });
    else await app.records.insert('agents', { partition, key: agentId, value });
  } catch (error) {
    if (!(error instanceof RecordConflict)) throw error;
  }
}

function blank(agentId: string, instance: BootReport['instance'], at: string): AgentRow {
  const unknown = {
    ...{ subscriptionId: '', resourceGroup: '', scaleSetName: '', location: '', zone: '', vmSize: '' },
    ...{ priority: '', privateIpAddress: '', physicalHostName: '' },
  };
  return {
    agentId,
    agentRunId: '',
    state: 'booting',
    instance: { ...unknown, ...instance },
    calledAt: at,
    enrolledAt: null,
    lastSeenAt: at,
    leaseExpiresAt: null,
    accessIssuedAt: null,
    running: {},
  };
}

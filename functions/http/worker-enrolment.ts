import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import {
  EnrolRequest,
  ownerKey,
  type EnrolAdmitted,
  type EnvironmentToMake,
  type Owner,
} from '../../shared/contracts';
import {
  agentIdOf,
  agentToken,
  refuseJoin,
  workerId,
  type AgentRow,
  type InstanceRow,
  type ScaleSetRow,
  type VirtualMachineRow,
} from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { StoredRecord } from '../../shared/ports';
import type { App } from '../app';
import { usesOf } from '../jobs/uses';
import { againAtConflict } from '../records/again-at-conflict';
import { getInstanceRow } from '../records/instances';
import { getIncarnation } from '../records/resources';
import { agentSettings, logSink } from '../settings';
import { parseBody } from './route';

/** So many calls of one VM may meet at once before it is told to ask again. */
const writeAttempts = 5;

/** Admits a VM that Azure has listed among its owner's; another one is kept as pending, and asks again. */
export async function enrol(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const call = await parseBody(request, EnrolRequest);
  const row = await admittingOwner(app, call);
  const agent = await writeAgent(app, call, row);
  return agent.state === 'pending' || agent.state === 'booting'
    ? pendingAnswer(app, agent)
    : { status: 200, jsonBody: await admission(app, row, agent) };
}

/** The row of the owner that the token admits to. Throws 401 or 410. */
export async function admittingOwner(
  app: App,
  { owner, joinToken }: { owner: Owner; joinToken: string },
): Promise<ScaleSetRow | VirtualMachineRow> {
  const at = { now: app.clock.now(), signingKey: app.config.MUSTER_SIGNING_KEY };
  const refusal = refuseJoin(joinToken, owner, at);
  if (refusal) throw new ApiError(401, 'JoinRefused', refusal);
  const row = await getIncarnation(app.records, owner.kind, owner);
  if (row && row.wanted === 'present') return row;
  const message = `'${owner.name}' is being deleted or is gone: the VM is not needed.`;
  throw new ApiError(410, 'OwnerGone', message);
}

function writeAgent(app: App, call: EnrolRequest, owner: ScaleSetRow | VirtualMachineRow): Promise<AgentRow> {
  const partition = ownerKey(call.owner);
  const agentId = agentIdOf(call.instance);
  return againAtConflict(writeAttempts, async () => {
    const [known, listed] = await Promise.all([
      app.records.get<AgentRow>('agents', partition, agentId),
      getInstanceRow(app.records, call.owner, agentId),
    ]);
    const value = agentAfter(app, { call, owner, known: known?.value, listed });
    // A VM that asks again and still is not listed changes nothing.
    if (value === known?.value) return value;
    if (known) await app.records.replace<AgentRow>('agents', { ...known, value } as StoredRecord<AgentRow>);
    else await app.records.insert('agents', { partition, key: agentId, value });
    return value;
  });
}

interface Enrolment {
  call: EnrolRequest;
  owner: ScaleSetRow | VirtualMachineRow;
  known?: AgentRow;
  listed?: InstanceRow;
}

/** The same VM once more (a reboot, a lost answer) is the same workers, with the facts as they are now. */
function agentAfter(app: App, { call, owner, known, listed }: Enrolment): AgentRow {
  const now = app.clock.now();
  const at = new Date(now).toISOString();
  const isListed = listed !== undefined && listed.provisioningState !== 'Deleting';
  const isSameCall = known?.state === 'pending' && known.agentRunId === call.agentRunId;
  if (known && isSameCall && !isListed) return known;
  return {
    agentId: agentIdOf(call.instance),
    agentRunId: call.agentRunId,
    state: isListed ? 'enrolled' : 'pending',
    instance: call.instance,
    calledAt: (known?.state === 'pending' ? known.calledAt : undefined) ?? at,
    enrolledAt: isListed ? (known?.enrolledAt ?? at) : null,
    lastSeenAt: at,
    leaseExpiresAt: isListed ? leaseEnd(app, now) : null,
    accessIssuedAt: isListed ? at : null,
    running: {},
    evicting: null,
    // Until its agent says that the environment is there.
    preparation: owner.environment ? { state: 'preparing', message: 'It begins.' } : null,
    ...(listed && { index: listed.index }),
    ...(known?.removedSlots && { removedSlots: known.removedSlots }),
  };
}

/** The pause grows with the wait: who has waited long will wait a little longer, and a thousand do not ask each second. */
function pendingAnswer(app: App, agent: AgentRow): HttpResponseInit {
  const { MUSTER_ENROL_RETRY_MS: leastMs, MUSTER_ENROL_RETRY_MAX_MS: mostMs } = app.config;
  const waitedMs = app.clock.now() - Date.parse(agent.calledAt);
  const retryAfterMs = Math.max(leastMs, Math.min(mostMs, Math.round(waitedMs / 2)));
  const message = 'Enrolled as pending: admitted once Azure lists this VM.';
  const headers = { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) };
  return { status: 202, headers, jsonBody: { state: 'pending', retryAfterMs, message } };
}

export function leaseEnd(app: App, now: number): string {
  return new Date(now + app.config.MUSTER_WORKER_LOST_MS).toISOString();
}

async function admission(
  app: App,
  row: ScaleSetRow | VirtualMachineRow,
  agent: AgentRow,
): Promise<EnrolAdmitted> {
  const { owner } = row;
  const slots = Array.from({ length: row.workersPerInstance }, (_, slot) => slot);
  return {
    state: 'admitted',
    agentId: agent.agentId,
    agentToken: agentToken(owner, agent.agentId, app.config.MUSTER_SIGNING_KEY),
    workers: slots.map((slot) => workerId(agent.instance, slot)),
    environmentVariables: row.environmentVariables,
    index: agent.index ?? 0,
    command: ('workerCommand' in row && row.workerCommand) || null,
    environment: await environmentToMake(app, row),
    ...(await usesOf(app, owner)),
    leaseExpiresAt: agent.leaseExpiresAt ?? leaseEnd(app, app.clock.now()),
    settings: agentSettings(app.config),
    logs: logSink(app.config),
    access: await app.workAccess.issue(owner, app.config.MUSTER_ACCESS_LIFETIME_MS),
  };
}

async function environmentToMake(
  app: App,
  { environment }: ScaleSetRow | VirtualMachineRow,
): Promise<EnvironmentToMake | null> {
  if (!environment) return null;
  const url = await app.content.link(environment.sha256, app.config.MUSTER_ACCESS_LIFETIME_MS);
  return { ...environment, url };
}

import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import {
  LeaseRequest,
  type LeaseResponse,
  type Owner,
  type OwnerKind,
  type TimelineEvent,
} from '../../shared/contracts';
import { readAgentToken, workerId, type AgentRow } from '../../shared/domain';
import { eventNames, ownerInstanceId } from '../../shared/durable';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { usesOf } from '../jobs/uses';
import { raise } from '../orchestrations';
import { againAtConflict } from '../records/again-at-conflict';
import { addTimeline, getIncarnation } from '../records/resources';
import { parseBody, type Call } from './route';
import { leaseEnd } from './worker-enrolment';
import { endWorker } from './worker-removal';

interface Renewal {
  value: AgentRow;
  isAccessDue: boolean;
  /** Something the owner's orchestrator should not learn only at its next look. */
  isNews: boolean;
}

/** One call renews every worker of a VM, and tells what its agent has noticed. */
export async function renewLease(app: App, { request, durable }: Call): Promise<HttpResponseInit> {
  const named = agentNamed(app, request);
  const call = await parseBody(request, LeaseRequest);
  if (call.agentId !== named.agentId)
    throw new ApiError(403, 'AgentTokenRefused', 'The agent token was made for another VM.');
  const { value, isAccessDue, isNews } = await writeLease(app, named, call);
  const hasEnded = await removeEnded(app, named.owner, value);
  if (isNews || hasEnded) await wake(durable, named.owner);
  const access = isAccessDue
    ? await app.workAccess.issue(named.owner, app.config.MUSTER_ACCESS_LIFETIME_MS)
    : undefined;
  const answer: LeaseResponse = {
    command: 'continue',
    leaseExpiresAt: value.leaseExpiresAt ?? leaseEnd(app, app.clock.now()),
    access,
    ...(await usesOf(app, named.owner)),
    removedWorkers: (value.removedSlots ?? []).map((slot) => workerId(value.instance, slot)),
  };
  return { jsonBody: answer };
}

/** A worker whose command has ended for good is removed, where its scale set says so. Answers whether there was one. */
async function removeEnded(app: App, owner: Owner, agent: AgentRow): Promise<boolean> {
  const ended = Object.entries(agent.commands ?? {}).filter(([, command]) => command.state === 'ended');
  const fresh = ended.filter(([worker]) => !isRemoved(agent, worker));
  if (fresh.length === 0 || owner.kind !== 'scale-set') return false;
  const row = await getIncarnation(app.records, 'scale-set', owner);
  if (row?.workerCommand?.whenEnded !== 'remove' || row.wanted === 'absent') return false;
  for (const [id, { message, since }] of fresh) {
    await addTimeline(app.records, owner, [
      { at: since, code: 'CommandEnded', message: `${id}: ${message}` },
    ]);
    await endWorker(app, row, { id, isForced: false });
  }
  return true;
}

function isRemoved(agent: AgentRow, worker: string): boolean {
  return (agent.removedSlots ?? []).some((slot) => workerId(agent.instance, slot) === worker);
}

interface NamedAgent {
  owner: Owner;
  partition: string;
  agentId: string;
}

/** Whom the bearer token names. Throws 401. */
export function agentNamed(app: App, request: HttpRequest): NamedAgent {
  const token = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
  return agentOfToken(app, token);
}

export function agentOfToken(app: App, token: string): NamedAgent {
  const named = readAgentToken(token, app.config.MUSTER_SIGNING_KEY);
  if (!named)
    throw new ApiError(401, 'AgentTokenRefused', 'The agent token is not one of this control plane.');
  return { owner: ownerOf(named.ownerKey), partition: named.ownerKey, agentId: named.agentId };
}

/** An owner's key holds its kind, name and incarnation; names hold no colon. */
function ownerOf(key: string): Owner {
  const [kind, name, incarnation] = key.split(':');
  return { kind: kind as OwnerKind, name: name!, incarnation: incarnation! };
}

const leaseWriteAttempts = 5;

/** Renews the row as it is now; where it changed meanwhile (enrolled again, removed) it is read and judged anew. */
function writeLease(app: App, { partition, agentId }: NamedAgent, call: LeaseRequest): Promise<Renewal> {
  return againAtConflict(leaseWriteAttempts, async () => {
    const record = await app.records.get<AgentRow>('agents', partition, agentId);
    if (!record) throw new ApiError(410, 'OwnerGone', 'This VM is enrolled no more: it is not needed.');
    if (record.value.agentRunId !== call.agentRunId)
      throw new ApiError(409, 'AgentReplaced', 'Another run of the agent has enrolled on this VM since.');
    const renewal = renewed(app, record.value, call);
    await app.records.replace<AgentRow>('agents', { ...record, value: renewal.value });
    await noteEviction(app, partition, renewal.value);
    return renewal;
  });
}

function renewed(app: App, row: AgentRow, call: LeaseRequest): Renewal {
  const now = app.clock.now();
  const at = new Date(now).toISOString();
  const issuedAt = row.accessIssuedAt ?? row.enrolledAt ?? at;
  const isAccessDue = now - Date.parse(issuedAt) > app.config.MUSTER_ACCESS_LIFETIME_MS / 2;
  const value: AgentRow = {
    ...row,
    state: call.state === 'draining' ? 'draining' : row.state,
    lastSeenAt: at,
    leaseExpiresAt: leaseEnd(app, now),
    accessIssuedAt: isAccessDue ? at : issuedAt,
    running: call.running,
    preparation: call.preparation,
    ...(Object.keys(call.commands).length > 0 && { commands: call.commands }),
    evicting: call.eviction && { ...call.eviction, noticedAt: row.evicting?.noticedAt ?? at },
  };
  const isNews =
    (value.evicting !== null && !row.evicting) ||
    (value.state === 'draining' && row.state !== 'draining') ||
    value.preparation?.state !== row.preparation?.state;
  return { value, isAccessDue, isNews };
}

/** With every renewal of a VM that is being evicted, under one key: a crash after the first loses no event. */
async function noteEviction(app: App, partition: string, { evicting, instance }: AgentRow): Promise<void> {
  if (!evicting) return;
  const code = 'EvictionNoticed';
  const when = evicting.notBefore === null ? 'at once' : `not before ${evicting.notBefore}`;
  const message = `Azure takes the VM '${instance.name}' away, ${when}. Its tasks go to other workers.`;
  const value: TimelineEvent = { at: evicting.noticedAt, code, message };
  await app.records.put('timeline', { partition, key: `${value.at}-${code}-${instance.name}`, value });
}

/** Best effort: the orchestrator looks by itself soon after. */
async function wake(durable: DurableClient, owner: Owner): Promise<void> {
  await raise(durable, ownerInstanceId(owner), eventNames.desiredChanged).catch(() => undefined);
}

import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import {
  EnrolRequest,
  LeaseRequest,
  ownerKey,
  type EnrolAdmitted,
  type LeaseResponse,
  type OwnerKind,
  type TimelineEvent,
} from '../../shared/contracts';
import {
  agentIdOf,
  agentToken,
  readAgentToken,
  refuseJoin,
  workerId,
  workQueueName,
  type AgentRow,
} from '../../shared/domain';
import { ApiError, RecordConflict } from '../../shared/errors';
import type { StoredRecord } from '../../shared/ports';
import type { App } from '../app';
import { getIncarnation } from '../records/resources';
import { agentSettings } from '../settings';
import { parseBody, type Route } from './route';

/** The worker protocol: called by agents alone, outbound from the VM; its tokens are its only keys. */
export function workerRoutes(app: App): Route[] {
  return [
    {
      name: 'enrolWorker',
      method: 'POST',
      path: 'workers/enrol',
      authLevel: 'anonymous',
      handle: ({ request }) => enrol(app, request),
    },
    {
      name: 'renewLease',
      method: 'POST',
      path: 'workers/lease',
      authLevel: 'anonymous',
      handle: ({ request }) => renewLease(app, request),
    },
    {
      name: 'getAgent',
      method: 'GET',
      path: 'workers/agent.cjs',
      authLevel: 'anonymous',
      handle: async () => {
        const { body, sha256 } = app.agentBundle();
        return { headers: { 'Content-Type': 'text/javascript', ETag: `"${sha256}"` }, body };
      },
    },
  ];
}

/** A call is kept as pending; the owner's orchestrator admits it once Azure lists the VM. The agent asks until it is admitted. */
async function enrol(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const call = await parseBody(request, EnrolRequest);
  const { owner } = call;
  const now = app.clock.now();
  const refusal = refuseJoin(call.joinToken, owner, { now, signingKey: app.config.MUSTER_SIGNING_KEY });
  if (refusal) throw new ApiError(401, 'JoinRefused', refusal);
  const row = await getIncarnation(app.records, owner.kind, owner);
  if (!row || row.wanted === 'absent')
    throw new ApiError(
      410,
      'OwnerGone',
      `'${owner.name}' is being deleted or is gone: the VM is not needed.`,
    );

  const agentId = agentIdOf(call.instance);
  const known = await app.records.get<AgentRow>('agents', ownerKey(owner), agentId);
  const agent = known ? await enrolAgain(app, known, call) : await enrolFirst(app, agentId, call);
  if (agent.state === 'pending') {
    const retryAfterMs = app.config.MUSTER_ENROL_RETRY_MS;
    const message = 'Enrolled as pending: admitted once Azure lists this VM.';
    return {
      status: 202,
      headers: { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) },
      jsonBody: { state: 'pending', retryAfterMs, message },
    };
  }
  const admitted: EnrolAdmitted = {
    state: 'admitted',
    agentId,
    agentToken: agentToken(owner, agentId, app.config.MUSTER_SIGNING_KEY),
    workers: Array.from({ length: row.workersPerInstance }, (_, slot) => workerId(agent.instance, slot)),
    environmentVariables: row.environmentVariables,
    leaseExpiresAt: agent.leaseExpiresAt ?? leaseEnd(app, now),
    settings: agentSettings(app.config),
    access: await app.workAccess.issue(workQueueName(owner), app.config.MUSTER_ACCESS_LIFETIME_MS),
  };
  return { status: 200, jsonBody: admitted };
}

function leaseEnd(app: App, now: number): string {
  return new Date(now + app.config.MUSTER_WORKER_LOST_MS).toISOString();
}

async function enrolFirst(app: App, agentId: string, call: EnrolRequest): Promise<AgentRow> {
  const at = new Date(app.clock.now()).toISOString();
  const value: AgentRow = {
    agentId,
    agentRunId: call.agentRunId,
    state: 'pending',
    instance: call.instance,
    calledAt: at,
    enrolledAt: null,
    lastSeenAt: at,
    leaseExpiresAt: null,
    accessIssuedAt: null,
    running: {},
  };
  await app.records.put('agents', { partition: ownerKey(call.owner), key: agentId, value });
  return value;
}

/** The same VM once more (a reboot, a lost answer): the same workers, with the facts as they are now. */
async function enrolAgain(app: App, known: StoredRecord<AgentRow>, call: EnrolRequest): Promise<AgentRow> {
  const now = app.clock.now();
  const isSame = known.value.agentRunId === call.agentRunId && known.value.state === 'pending';
  if (isSame) return known.value;
  const value: AgentRow = {
    ...known.value,
    state: known.value.state === 'draining' ? 'enrolled' : known.value.state,
    agentRunId: call.agentRunId,
    instance: call.instance,
    lastSeenAt: new Date(now).toISOString(),
    leaseExpiresAt: leaseEnd(app, now),
    running: {},
    evicting: null,
  };
  try {
    await app.records.replace<AgentRow>('agents', { ...known, value });
  } catch (error) {
    // Admitted at this very moment, or enrolled twice at once: the next call finds the row as it came to be.
    if (!(error instanceof RecordConflict)) throw error;
    return { ...value, state: 'pending' };
  }
  return value;
}

async function renewLease(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const token = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
  const named = readAgentToken(token, app.config.MUSTER_SIGNING_KEY);
  if (!named)
    throw new ApiError(401, 'AgentTokenRefused', 'The agent token is not one of this control plane.');
  const call = await parseBody(request, LeaseRequest);
  if (call.agentId !== named.agentId)
    throw new ApiError(403, 'AgentTokenRefused', 'The agent token was made for another VM.');
  const { leaseExpiresAt, isAccessDue } = await writeLease(app, named, call);
  const access = isAccessDue
    ? await app.workAccess.issue(queueOf(named.ownerKey), app.config.MUSTER_ACCESS_LIFETIME_MS)
    : undefined;
  const answer: LeaseResponse = { command: 'continue', leaseExpiresAt, access };
  return { jsonBody: answer };
}

const leaseWriteAttempts = 5;

/** Renews the row as it is now; where it changed meanwhile (enrolled again, removed) it is read and judged anew. */
async function writeLease(
  app: App,
  named: { ownerKey: string; agentId: string },
  call: LeaseRequest,
): Promise<{ leaseExpiresAt: string; isAccessDue: boolean }> {
  for (let attempt = 1; ; attempt++) {
    const record = await app.records.get<AgentRow>('agents', named.ownerKey, named.agentId);
    if (!record) throw new ApiError(410, 'OwnerGone', 'This VM is enrolled no more: it is not needed.');
    if (record.value.agentRunId !== call.agentRunId)
      throw new ApiError(409, 'AgentReplaced', 'Another run of the agent has enrolled on this VM since.');
    const lease = renewed(app, record.value, call);
    try {
      await app.records.replace<AgentRow>('agents', { ...record, value: lease.value });
      await noteEviction(app, named.ownerKey, lease.value);
      return lease;
    } catch (error) {
      if (!(error instanceof RecordConflict) || attempt === leaseWriteAttempts) throw error;
    }
  }
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

function renewed(
  app: App,
  row: AgentRow,
  call: LeaseRequest,
): { value: AgentRow; leaseExpiresAt: string; isAccessDue: boolean } {
  const now = app.clock.now();
  const at = new Date(now).toISOString();
  const issuedAt = row.accessIssuedAt ?? row.enrolledAt ?? at;
  const isAccessDue = now - Date.parse(issuedAt) > app.config.MUSTER_ACCESS_LIFETIME_MS / 2;
  const leaseExpiresAt = leaseEnd(app, now);
  const state = call.state === 'draining' ? 'draining' : row.state;
  const accessIssuedAt = isAccessDue ? at : issuedAt;
  const value: AgentRow = {
    ...row,
    state,
    lastSeenAt: at,
    leaseExpiresAt,
    accessIssuedAt,
    running: call.running,
    evicting: call.eviction && { ...call.eviction, noticedAt: row.evicting?.noticedAt ?? at },
  };
  return { value, leaseExpiresAt, isAccessDue };
}

/** An owner's key holds its kind, name and incarnation; names hold no colon. */
function queueOf(key: string): string {
  const [kind, name, incarnation] = key.split(':');
  return workQueueName({ kind: kind as OwnerKind, name: name!, incarnation: incarnation! });
}

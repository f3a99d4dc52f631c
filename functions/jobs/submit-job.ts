import { createHash, randomBytes } from 'node:crypto';
import type { DurableClient } from 'durable-functions';
import type { JobRequest } from '../../shared/contracts';
import type { JobRow } from '../../shared/domain';
import { jobInstanceId, orchestratorNames } from '../../shared/durable';
import { ApiError, RecordConflict } from '../../shared/errors';
import type { App } from '../app';
import { ensureRunning, startNew } from '../orchestrations';
import { getJobRow, type OpenMark } from '../records/jobs';
import { copySentAlong, findSentAlong } from './job-inputs';
import { keepSpecification, makeJobRow } from './job-row';
import { mayBeSentAtOnce, sendTasks } from './send-tasks';

/** One submission: the request, and the key under which a repeat is the same job. */
export interface Submission {
  request: JobRequest;
  key: string | undefined;
  /** The job that submits by its token. */
  callerJob?: string | undefined;
}

/**
 * Makes the job and starts it. The key is claimed first, with the hash of the request; then come specification, open mark, copies of
 * what is sent along, and row, and the orchestrator's start last. A crash in between leaves nothing that runs, and a repeat under the same key goes on
 * from there; the same key with another request is a conflict.
 */
export async function submitJob(app: App, durable: DurableClient, submission: Submission): Promise<JobRow> {
  const { request, key, callerJob } = submission;
  const claim: Claim = { jobId: newJobId(app.clock.now()), requestHash: sha256(canonical(request)) };
  if (key === undefined) {
    const row = await createJob(app, { ...claim, key: null }, { request, callerJob });
    await beginJob(app, durable, row);
    return row;
  }
  const claimed = await claimKey(app, keyRow(key), claim);
  const known = claimed.isRepeat ? await getJobRow(app.records, claimed.jobId) : undefined;
  const making = { request, callerJob };
  const row =
    known ?? (await createJob(app, { ...claimed, key: keyRow(key) }, making).catch(freeKey(app, key)));
  await (known ? startJob(durable, row.jobId) : beginJob(app, durable, row));
  return row;
}

/** A few tasks of a target that is there are sent at once: its workers need not wait for the orchestrator. */
async function beginJob(app: App, durable: DurableClient, row: JobRow): Promise<void> {
  const isSent = mayBeSentAtOnce(row);
  if (isSent) await sendTasks(app, row, { from: 0, to: row.taskCount, workers: row.taskCount });
  await startNew(durable, {
    name: orchestratorNames.job,
    instanceId: jobInstanceId(row.jobId),
    input: { jobId: row.jobId, isSent },
  });
}

/** Starts its orchestrator where none lives. */
export async function startJob(durable: DurableClient, jobId: string): Promise<void> {
  const instanceId = jobInstanceId(jobId);
  await ensureRunning(durable, { name: orchestratorNames.job, instanceId, input: { jobId } });
}

/** The job that stands under the key, going; undefined where there is none. */
export async function resumeJobOfKey(
  app: App,
  durable: DurableClient,
  key: string,
): Promise<JobRow | undefined> {
  const claimed = (await app.records.get<Claim>('jobs', 'key', keyRow(key)))?.value;
  const row = claimed && (await getJobRow(app.records, claimed.jobId));
  if (row) await startJob(durable, row.jobId);
  return row;
}

interface Claim {
  jobId: string;
  requestHash: string;
  /** The job was deleted. The key is not free before no message of the job can come any more. */
  deletedAt?: string;
}

/** The claim that counts under the key. Throws 409 where the key stands for another request. */
async function claimKey({ records }: App, key: string, claim: Claim): Promise<Claim & { isRepeat: boolean }> {
  try {
    await records.insert('jobs', { partition: 'key', key, value: claim });
    return { ...claim, isRepeat: false };
  } catch (error) {
    if (!(error instanceof RecordConflict)) throw error;
  }
  const claimed = (await records.get<Claim>('jobs', 'key', key))?.value ?? claim;
  if (claimed.requestHash !== claim.requestHash) {
    const message = `The idempotency key was used for another request (job '${claimed.jobId}'): use a new key for a new job.`;
    throw new ApiError(409, 'IdempotencyKeyReused', message, { target: 'Idempotency-Key' });
  }
  if (claimed.deletedAt !== undefined) {
    const message = `The job '${claimed.jobId}' that this idempotency key stands for was deleted at ${claimed.deletedAt}: use a new key to run it again.`;
    throw new ApiError(410, 'JobDeleted', message, { target: 'Idempotency-Key' });
  }
  return { ...claimed, isRepeat: true };
}

/** From now on the key stands for a job that was deleted: a message or a call that comes again makes no second one. */
export async function markKeyDeleted(
  app: App,
  { key, jobId }: { key: string; jobId: string },
): Promise<void> {
  const claim = (await app.records.get<Claim>('jobs', 'key', key))?.value;
  if (claim?.jobId !== jobId || claim.deletedAt !== undefined) return;
  const deletedAt = new Date(app.clock.now()).toISOString();
  await app.records.put('jobs', { partition: 'key', key, value: { ...claim, deletedAt } });
}

/** Refused, and nothing made: the key is free for the mended request. */
function freeKey(app: App, key: string): (error: unknown) => Promise<never> {
  return async (error) => {
    if (error instanceof ApiError) await app.records.remove('jobs', 'key', keyRow(key));
    throw error;
  };
}

async function createJob(
  app: App,
  claim: Claim & { key: string | null },
  { request, callerJob }: Pick<Submission, 'request' | 'callerJob'>,
): Promise<JobRow> {
  const sent = await findSentAlong(app, request, callerJob);
  const row = await makeJobRow(app, request, { ...claim, callerJob, sent });
  const kept = await keepSpecification(app, row);
  const value: OpenMark = { createdAt: row.createdAt, ...(sent && { owner: row.owner }) };
  await app.records.put('jobs', { partition: 'open', key: row.jobId, value });
  // After the mark, by which copies are found whose job was never written.
  if (sent) await copySentAlong(app, row, sent);
  try {
    await app.records.insert('jobs', { partition: 'job', key: row.jobId, value: kept });
    return kept;
  } catch (error) {
    const winner = error instanceof RecordConflict ? await getJobRow(app.records, row.jobId) : undefined;
    if (!winner) throw error;
    return winner;
  }
}

/** Descends with time, so that a list by name begins with the newest. */
function newJobId(now: number): string {
  const age = (2 ** 45 - now).toString(36).padStart(9, '0');
  return `job-${age}-${randomBytes(4).toString('hex')}`;
}

/** A key may hold what a row's name may not. */
function keyRow(key: string): string {
  return sha256(key);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** JSON with its keys in order: two requests that say the same are the same. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

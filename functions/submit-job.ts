import { createHash, randomBytes } from 'node:crypto';
import type { DurableClient } from 'durable-functions';
import type { JobRequest, Owner } from '../shared/contracts';
import type { JobRow } from '../shared/domain';
import { jobInstanceId, orchestratorNames } from '../shared/durable';
import { ApiError, RecordConflict } from '../shared/errors';
import type { App } from './app';
import { findOwner, refuseDeleting } from './http/owners';
import { ensureRunning } from './orchestrations';
import { getJob } from './records/jobs';

/** One submission: the request, and the key under which a repeat is the same job. */
export interface Submission {
  request: JobRequest;
  key: string | undefined;
}

/**
 * Makes the job and starts it. The key is claimed first, with the hash of the request; then come specification, open mark and
 * row, and the orchestrator's start last. A crash in between leaves nothing that runs, and a repeat under the same key goes on
 * from there; the same key with another request is a conflict.
 */
export async function submitJob(app: App, durable: DurableClient, submission: Submission): Promise<JobRow> {
  const requestHash = sha256(canonical(submission.request));
  const jobId = newJobId(submission.key);
  const unclaim = async (error: unknown): Promise<never> => {
    // Refused, and nothing made: the key is free for the mended request.
    if (error instanceof ApiError) await app.records.remove('jobs', 'key', jobId);
    throw error;
  };
  const known = await claim(app, { jobId, requestHash, isKeyed: submission.key !== undefined });
  const row =
    known ?? (await createJob(app, { jobId, requestHash, request: submission.request }).catch(unclaim));
  await startJob(durable, jobId);
  return row;
}

export async function startJob(durable: DurableClient, jobId: string): Promise<void> {
  await ensureRunning(durable, {
    name: orchestratorNames.job,
    instanceId: jobInstanceId(jobId),
    input: { jobId },
  });
}

/** The job made before under the same key, if it was. Throws 409 where the key stands for another request. */
async function claim(
  { records }: App,
  { jobId, requestHash, isKeyed }: { jobId: string; requestHash: string; isKeyed: boolean },
): Promise<JobRow | undefined> {
  if (!isKeyed) return undefined;
  try {
    await records.insert('jobs', { partition: 'key', key: jobId, value: { requestHash } });
    return undefined;
  } catch (error) {
    if (!(error instanceof RecordConflict)) throw error;
  }
  const claimed = await records.get<{ requestHash: string }>('jobs', 'key', jobId);
  if (claimed?.value.requestHash !== requestHash) {
    const message = `The idempotency key was used for another request (job '${jobId}'): use a new key for a new job.`;
    throw new ApiError(409, 'IdempotencyKeyReused', message, { target: 'Idempotency-Key' });
  }
  return (await getJob(records, jobId))?.row;
}

async function createJob(
  app: App,
  { jobId, requestHash, request }: { jobId: string; requestHash: string; request: JobRequest },
): Promise<JobRow> {
  const owner = await findTarget(app, request);
  const createdAt = new Date(app.clock.now()).toISOString();
  const taskCount = request.array?.count ?? 1;
  const { run, environmentVariables, workingDirectory, taskTimeoutMs, target, name = null } = request;
  const work = { run, environmentVariables, workingDirectory, taskTimeoutMs };
  await app.jobOutput(owner).putSpecification({ version: 1, jobId, taskCount, ...work, maxAttempts: 10 });
  await app.records.put('jobs', { partition: 'open', key: jobId, value: { createdAt } });
  const row: JobRow = { jobId, name, target, owner, taskCount, createdAt, requestHash };
  try {
    await app.records.insert('jobs', { partition: 'job', key: jobId, value: row });
    return row;
  } catch (error) {
    const winner = error instanceof RecordConflict ? await getJob(app.records, jobId) : undefined;
    if (!winner) throw error;
    return winner.row;
  }
}

async function findTarget(app: App, { target }: JobRequest): Promise<Owner> {
  const record =
    'scaleSet' in target
      ? await findOwner(app, 'scale-set', { name: target.scaleSet, target: 'target.scaleSet' })
      : await findOwner(app, 'virtual-machine', {
          name: target.virtualMachine,
          target: 'target.virtualMachine',
        });
  refuseDeleting(record.value);
  if ('workerCommand' in record.value && record.value.workerCommand) {
    const message = `The workers of '${record.value.owner.name}' run the command of their scale set and take no tasks: submit to another.`;
    throw new ApiError(409, 'ScaleSetRunsCommand', message, { target: 'target.scaleSet' });
  }
  return record.value.owner;
}

function newJobId(key: string | undefined): string {
  return `job-${key === undefined ? randomBytes(10).toString('hex') : sha256(key).slice(0, 20)}`;
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

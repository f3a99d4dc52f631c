import type { DurableClient } from 'durable-functions';
import { finalJobStates } from '../../shared/contracts';
import { expiryOf, taskPartition, workQueueName } from '../../shared/domain';
import { jobInstanceId } from '../../shared/durable';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { purge } from '../orchestrations';
import { dropRemoval, dueKey, putRemoval, removeExpiry, type Due, type Removal } from '../records/expiry';
import { dropJob, type Job } from '../records/jobs';
import { getIncarnation } from '../records/resources';
import { markKeyDeleted } from './idempotency-key';

/** Of one round: so much takes seconds. */
const blobsPerRound = 2560;
const rowsPerRound = 5000;
const rowsPerPage = 1000;
/** A queue that holds messages, perhaps of the job, is looked at again after so long. */
const queueLookMs = 86_400_000;

/**
 * Begins to delete a job that has ended; from then on it is not there for anybody. First comes a row by which `removalRound` goes on,
 * whoever has crashed; then the mark by which VMs pass over a message of it that may still come, as the results that said so before go.
 */
export async function beginRemoval(app: App, { row, status }: Job): Promise<Due<Removal>> {
  const { jobId, owner, policy, key } = row;
  if (!finalJobStates.includes(status.state) || status.endedAt === null) {
    const message = `Job '${jobId}' has not ended, it is ${status.state}: POST /api/jobs/${jobId}/cancel, and delete it when it has.`;
    throw new ApiError(409, 'JobNotEnded', message);
  }
  const removal: Removal = { jobId, owner, priority: policy.priority, key, stage: 'remove' };
  const due = await putRemoval(app.records, status.endedAt, removal);
  await app.jobOutput(owner).putCancelMark(jobId, { graceMs: 0 });
  if (key !== null) await markKeyDeleted(app, { key, jobId });
  await dropJob(app.records, jobId);
  const expiresAt = expiryOf(row, status);
  if (expiresAt !== null) await removeExpiry(app.records, dueKey(expiresAt, jobId));
  return due;
}

/** One bounded part of a removal. Answers whether its stage is done. May be repeated, and be cut off anywhere. */
export async function removalRound(app: App, durable: DurableClient, due: Due<Removal>): Promise<boolean> {
  const { jobId, stage } = due.value;
  const now = app.clock.now();
  if (stage === 'forget' && !(await isUnheardOf(app, due.value))) {
    await postpone(app, due, now + queueLookMs);
    return true;
  }
  // Its row went first, unless who began crashed before.
  await dropJob(app.records, jobId);
  await purge(durable, jobInstanceId(jobId));
  const isDone = await removeData(app, due.value);
  if (!isDone) return false;
  if (stage === 'remove') {
    await postpone(
      app,
      { ...due, value: { ...due.value, stage: 'forget' } },
      now + app.config.MUSTER_JOB_TOMBSTONE_MS,
    );
    return true;
  }
  if (due.value.key !== null) await app.records.remove('jobs', 'key', due.value.key);
  await dropRemoval(app.records, due.key);
  return true;
}

async function removeData(app: App, { jobId, owner, stage }: Removal): Promise<boolean> {
  const options = { most: blobsPerRound, keepMark: stage === 'remove' };
  const areBlobsGone = await app.jobOutput(owner).removeJob(jobId, options);
  const partition = taskPartition({ jobId, owner });
  for (let removed = 0; removed < rowsPerRound; removed += rowsPerPage) {
    const { rows, continuation } = await app.records.page('tasks', partition, { top: rowsPerPage });
    await app.records.removeMany(
      'tasks',
      partition,
      rows.map(({ key }) => key),
    );
    if (!continuation) return areBlobsGone;
  }
  return false;
}

/** No message of it can come any more: its owner is gone, or the queue holds none of anybody. */
async function isUnheardOf(app: App, { owner, priority }: Removal): Promise<boolean> {
  const row = await getIncarnation(app.records, owner.kind, owner);
  return !row || (await app.workQueue.isEmpty(workQueueName(owner, priority)));
}

async function postpone(app: App, { key, value }: Due<Removal>, at: number): Promise<void> {
  await putRemoval(app.records, new Date(at).toISOString(), value);
  await dropRemoval(app.records, key);
}

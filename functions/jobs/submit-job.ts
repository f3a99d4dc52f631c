import { randomBytes } from 'node:crypto';
import type { DurableClient } from 'durable-functions';
import type { JobRequest } from '../../shared/contracts';
import type { JobRow } from '../../shared/domain';
import { jobInstanceId, orchestratorNames } from '../../shared/durable';
import { RecordConflict } from '../../shared/errors';
import type { App } from '../app';
import { ensureRunning, startNew } from '../orchestrations';
import { getJobRow, putOpenMark } from '../records/jobs';
import { claimKey, findClaim, freeKey, hashOfRequest, keyRow, type Claim } from './idempotency-key';
import { copySentAlong, findSentAlong, type SentAlong } from './job-inputs';
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
 * Makes the job and starts it. The key is claimed first, with the hash of the request. A crash anywhere leaves nothing that runs unseen, and a
 * repeat under the same key goes on from there; the same key with another request is a conflict.
 */
export async function submitJob(app: App, durable: DurableClient, submission: Submission): Promise<JobRow> {
  const { request, key } = submission;
  const claim: Claim = { jobId: newJobId(app.clock.now()), requestHash: hashOfRequest(request) };
  if (key === undefined) return createJob(app, durable, { ...submission, claim, keyName: null });
  const keyName = keyRow(key);
  const { isRepeat, ...claimed } = await claimKey(app, keyName, claim);
  const known = isRepeat ? await getJobRow(app.records, claimed.jobId) : undefined;
  if (!known) {
    const making = { ...submission, claim: claimed, keyName };
    return createJob(app, durable, making).catch(freeKey(app, keyName));
  }
  await startJob(durable, known.jobId);
  return known;
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
  const claimed = await findClaim(app, keyRow(key));
  const row = claimed && (await getJobRow(app.records, claimed.jobId));
  if (row) await startJob(durable, row.jobId);
  return row;
}

interface Making extends Submission {
  claim: Claim;
  keyName: string | null;
}

/** The row of the job, which is going; of one that another call under the same key made meanwhile, that one's. */
async function createJob(
  app: App,
  durable: DurableClient,
  { request, callerJob, claim, keyName: key }: Making,
): Promise<JobRow> {
  const sent = await findSentAlong(app, request, callerJob);
  const made = await makeJobRow(app, request, { ...claim, key, callerJob, sent });
  const row = await keepSpecification(app, made);
  const isSent = mayBeSentAtOnce(row);
  const start = () =>
    startNew(durable, {
      name: orchestratorNames.job,
      instanceId: jobInstanceId(row.jobId),
      input: { jobId: row.jobId, isSent },
    });
  // Whoever is there first sees to it that a row which is written is not forgotten: its orchestrator, or the mark by which a timer finds it.
  const isFirst = isSent && !sent;
  if (isFirst) await start();
  else await markAndCopy(app, row, sent);
  const winner = await insertJob(app, row);
  if (winner) {
    await startJob(durable, winner.jobId);
    return winner;
  }
  if (isSent) app.shortJobs.taken(row);
  // A few tasks of a target that is there: its workers need not wait for the orchestrator.
  if (isSent) await sendTasks(app, row, { from: 0, to: row.taskCount, workers: row.taskCount });
  if (!isFirst) await start();
  return row;
}

/** The mark comes first: by it copies are found whose job was never written. */
async function markAndCopy(app: App, row: JobRow, sent: SentAlong | undefined): Promise<void> {
  const { jobId, createdAt, owner } = row;
  await putOpenMark(app.records, jobId, { createdAt, ...(sent && { owner }) });
  if (sent) await copySentAlong(app, row, sent);
}

/** Answers the row that was there already. */
async function insertJob({ records }: App, row: JobRow): Promise<JobRow | undefined> {
  try {
    await records.insert('jobs', { partition: 'job', key: row.jobId, value: row });
    return undefined;
  } catch (error) {
    const winner = error instanceof RecordConflict ? await getJobRow(records, row.jobId) : undefined;
    if (!winner) throw error;
    return winner;
  }
}

/** Descends with time, so that a list by name begins with the newest. */
function newJobId(now: number): string {
  const age = (2 ** 45 - now).toString(36).padStart(9, '0');
  return `job-${age}-${randomBytes(4).toString('hex')}`;
}

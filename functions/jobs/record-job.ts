import { expiryOf, type JobStatus } from '../../shared/domain';
import type { App } from '../app';
import { putExpiry } from '../records/expiry';
import { closingOf } from '../records/gathered';
import { getJobRow, putJobStatus } from '../records/jobs';
import { replyEnded } from '../submissions/replies';

/** Keeps how a job stands. May be repeated. */
export async function recordJob(
  app: App,
  { jobId, status, isFinished }: { jobId: string; status: JobStatus; isFinished: boolean },
): Promise<void> {
  await putJobStatus(app.records, jobId, status);
  app.jobChanges.changed(jobId);
  if (isFinished) await closeJob(app, jobId, status);
}

/** Its end is told, and in the list of those to be deleted, before it is out of the list of those that run. */
async function closeJob(app: App, jobId: string, status: JobStatus): Promise<void> {
  // Only now: who wants to hear of the end may have said so until the status was written.
  const row = await getJobRow(app.records, jobId);
  if (row?.replies) await replyEnded(app, { row, status });
  const expiresAt = row && expiryOf(row, status);
  if (expiresAt) await putExpiry(app.records, expiresAt, jobId);
  await closingOf(app.records).leave.add(jobId);
}

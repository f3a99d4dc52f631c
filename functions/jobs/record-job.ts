import { expiryOf, type JobRow, type JobStatus } from '../../shared/domain';
import type { App } from '../app';
import { putExpiry } from '../records/expiry';
import { closingOf } from '../records/gathered';
import { getJobRow, putJobStatus, putOpenMark, type Job } from '../records/jobs';
import { replyEnded } from '../submissions/replies';

interface Standing {
  jobId: string;
  status: JobStatus;
  isFinished: boolean;
  /** It has no open mark yet. */
  isNew?: boolean | undefined;
}

/** Keeps how a job stands. May be repeated. `row`: as it was just read. */
export async function recordJob(
  app: App,
  { jobId, status, isFinished, isNew = false }: Standing,
  row?: JobRow,
): Promise<void> {
  // First, so that a timer finds a job whose orchestrator fails.
  if (isNew && !isFinished)
    await putOpenMark(app.records, jobId, { createdAt: new Date(app.clock.now()).toISOString() });
  await putJobStatus(app.records, jobId, status);
  app.jobChanges.changed(jobId);
  if (!isFinished) return;
  // Only now: who wants to hear of the end may have said so until the status was written. Only a job under a key has such.
  const closed = row?.key === null ? row : await getJobRow(app.records, jobId);
  if (closed) await concludeJob(app, { row: closed, status });
  // Last: before, a timer goes on with it. What was sent along with a job has marked it from the beginning.
  if (!isNew || closed?.hasInputs) await closingOf(app.records).leave.add(jobId);
}

/** Its end is told, and in the list of those to be deleted. */
async function concludeJob(app: App, { row, status }: Job): Promise<void> {
  if (row.replies) await replyEnded(app, { row, status });
  const expiresAt = expiryOf(row, status);
  if (expiresAt) await putExpiry(app.records, expiresAt, row.jobId);
}

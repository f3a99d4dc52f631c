import type { JobStatus } from '../../shared/domain';
import type { App } from '../app';
import { putJobStatus } from '../records/jobs';
import { replyEnded } from '../submissions/replies';

/** Keeps how a job stands. May be repeated. */
export async function recordJob(
  app: App,
  { jobId, status, isFinished }: { jobId: string; status: JobStatus; isFinished: boolean },
): Promise<void> {
  await putJobStatus(app.records, jobId, status);
  app.jobChanges.changed(jobId);
  if (!isFinished) return;
  await replyEnded(app, jobId);
  await app.records.remove('jobs', 'open', jobId);
}

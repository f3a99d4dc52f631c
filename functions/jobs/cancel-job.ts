import { finalJobStates, type CancelRequest } from '../../shared/contracts';
import type { JobRow } from '../../shared/domain';
import { ApiError, RecordConflict } from '../../shared/errors';
import type { App } from '../app';
import { getJob, type Job } from '../records/jobs';

const attempts = 5;

/** Writes the wish that the job end. Throws 404 where there is none, 409 where it has ended; a second wish changes nothing. */
export async function requestCancel(
  app: App,
  jobId: string,
  { reason, graceMs }: CancelRequest,
): Promise<Job> {
  for (let attempt = 1; ; attempt++) {
    const job = await getJob(app.records, jobId);
    const record = await app.records.get<JobRow>('jobs', 'job', jobId);
    if (!job || !record) throw new ApiError(404, 'JobNotFound', `There is no job '${jobId}'.`);
    if (finalJobStates.includes(job.status.state)) {
      const message = `Job '${jobId}' has ended already: it has ${job.status.state}.`;
      throw new ApiError(409, 'JobEnded', message);
    }
    if (record.value.cancel) return { ...job, row: record.value };
    const message = reason ?? 'Somebody asked for it.';
    const at = new Date(app.clock.now()).toISOString();
    const row: JobRow = {
      ...record.value,
      cancel: { at, code: 'CancelRequested', message, graceMs: graceMs ?? null },
    };
    try {
      await app.records.replace('jobs', { ...record, value: row });
      return { ...job, row };
    } catch (error) {
      if (!(error instanceof RecordConflict) || attempt === attempts) throw error;
    }
  }
}

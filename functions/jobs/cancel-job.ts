import { finalJobStates, type CancelRequest } from '../../shared/contracts';
import type { JobRow } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { againAtConflict } from '../records/again-at-conflict';
import { getJobRecord, type Job } from '../records/jobs';

const attempts = 5;

/** Writes the wish that the job end. Throws 404 where there is none, 409 where it has ended; a second wish changes nothing. */
export function requestCancel(
  { records, clock, shortJobs }: App,
  jobId: string,
  { reason, graceMs }: CancelRequest,
): Promise<Job> {
  return againAtConflict(attempts, async () => {
    const found = await getJobRecord(records, jobId);
    if (!found) throw new ApiError(404, 'JobNotFound', `There is no job '${jobId}'.`);
    const { record, status } = found;
    if (finalJobStates.includes(status.state)) {
      const message = `Job '${jobId}' has ended already: it has ${status.state}.`;
      throw new ApiError(409, 'JobEnded', message);
    }
    if (record.value.cancel) return { row: record.value, status };
    const message = reason ?? 'Somebody asked for it.';
    const at = new Date(clock.now()).toISOString();
    const cancel = { at, code: 'CancelRequested' as const, message, graceMs: graceMs ?? null };
    const row: JobRow = { ...record.value, cancel };
    await records.replace('jobs', { ...record, value: row });
    shortJobs.forget(jobId);
    return { row, status };
  });
}

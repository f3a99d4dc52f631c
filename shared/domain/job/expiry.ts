import { finalJobStates } from '../../contracts';
import type { JobRow, JobStatus } from './rows';

/** When a job is deleted; null: it has not ended, or is kept for good. */
export function expiryOf(
  { keepMs }: Pick<JobRow, 'keepMs'>,
  { state, endedAt }: Pick<JobStatus, 'state' | 'endedAt'>,
): string | null {
  if (keepMs === null || endedAt === null || !finalJobStates.includes(state)) return null;
  return new Date(Date.parse(endedAt) + keepMs).toISOString();
}

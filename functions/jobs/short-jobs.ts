import { hasSucceeded } from '../../shared/contracts';
import type { JobRow, TaskRow } from '../../shared/domain';
import { RecentMap } from './recent-map';

interface ShortJob {
  row: JobRow;
  /** Rows of its tasks' first runs, by task. */
  ended: Map<number, TaskRow>;
}

/** Jobs that this instance of the app remembers. */
const maxRemembered = 1000;

/**
 * Jobs that this instance took, and whose every task it has seen succeed: what it wrote itself it need not read again to record their end.
 * Another instance, or this one after a restart, knows nothing of them, and reads.
 */
export class ShortJobs {
  readonly #jobs = new RecentMap<ShortJob>(maxRemembered);

  /** Its row was written; before its tasks are sent. */
  taken(row: JobRow): void {
    this.#jobs.set(row.jobId, { row, ended: new Map() });
  }

  /** These rows were written, and no others were there before: of what is told of one run, the first counts. */
  ended(jobId: string, rows: readonly TaskRow[]): void {
    const job = this.#jobs.get(jobId);
    for (const row of rows) if (row.retry === 0) job?.ended.set(row.task, row);
  }

  /** Something of it has changed. */
  forget(jobId: string): void {
    this.#jobs.delete(jobId);
  }

  /** The job, once; undefined where not all of its tasks are known to have succeeded. No task of such a job is ever run again. */
  takeWhole(jobId: string): { row: JobRow; rows: TaskRow[] } | undefined {
    const job = this.#jobs.get(jobId);
    this.#jobs.delete(jobId);
    const rows = [...(job?.ended.values() ?? [])];
    const isWhole = job?.row.taskCount === rows.length;
    return isWhole && rows.every(({ outcome }) => outcome && hasSucceeded(outcome))
      ? { row: job.row, rows }
      : undefined;
  }
}

import { z } from 'zod';
import { hasSucceeded, lastingEnds, type RetryPolicy } from '../../contracts';
import { ClosedBlock, type JobStatus, type TaskOutcome, type TaskRow } from './rows';

/** Tasks whose rows are read, and closed, together: as many as a page of a table holds. */
export const blockSize = 1000;

/** Beginning of the row keys of a block. */
export function blockPrefix(block: number): string {
  return String(block).padStart(3, '0');
}

/** Blocks that hold tasks that were sent and may not have ended. */
export function openBlocks({ enqueuedTo, closed }: Pick<JobStatus, 'enqueuedTo' | 'closed'>): number[] {
  const sent = Math.ceil(enqueuedTo / blockSize);
  return Array.from({ length: sent }, (_, block) => block).filter((block) => !(String(block) in closed));
}

/** What a job's tasks came to. */
export const TaskProgress = z.object({
  /** Tasks that ended for good. */
  succeeded: z.int(),
  failed: z.int(),
  closed: z.record(z.string(), ClosedBlock),
  /** Tasks whose last run failed, and that the policy runs again. */
  retryable: z.array(z.object({ task: z.int(), retry: z.int() })),
});
export type TaskProgress = z.infer<typeof TaskProgress>;

interface Progress {
  status: Pick<JobStatus, 'closed' | 'tasks'>;
  /** All rows of the open blocks. */
  rows: TaskRow[];
  retry: RetryPolicy | null;
}

/** So many retries are ordered in one look; the others in the next. */
const maxRetriesPerLook = 500;

export function progressOf({ status, rows, retry }: Progress): TaskProgress {
  const closed = { ...status.closed };
  const retryable: TaskProgress['retryable'] = [];
  const open = new Map<number, { succeeded: number; failed: number }>();
  for (const { task, retry: run, outcome } of lastRuns(rows)) {
    if (!outcome) continue;
    const block = Math.floor(task / blockSize);
    const counts = open.get(block) ?? { succeeded: 0, failed: 0 };
    if (hasSucceeded(outcome)) counts.succeeded++;
    else if (isRunAgain(outcome, run, retry)) retryable.push({ task, retry: run });
    else counts.failed++;
    open.set(block, counts);
  }
  for (const [block, counts] of open)
    if (counts.succeeded + counts.failed === sizeOf(block, status.tasks.total)) closed[block] = counts;
  const all = [...open.values(), ...Object.values(status.closed)];
  const sum = (of: 'succeeded' | 'failed'): number => all.reduce((total, counts) => total + counts[of], 0);
  return {
    succeeded: sum('succeeded'),
    failed: sum('failed'),
    closed,
    retryable: retryable.slice(0, maxRetriesPerLook),
  };
}

function sizeOf(block: number, total: number): number {
  return Math.min(blockSize, total - block * blockSize);
}

/** Of each task the row of its highest retry; of the two of one retry that which tells how it ended. */
export function lastRuns(rows: TaskRow[]): Iterable<TaskRow> {
  const last = new Map<number, TaskRow>();
  for (const row of rows) {
    const known = last.get(row.task);
    const isLater = !known || known.retry < row.retry || (known.retry === row.retry && !known.outcome);
    if (isLater) last.set(row.task, row);
  }
  return last.values();
}

/** Whether the policy runs a task again that ended so. */
export function isRunAgain(
  outcome: Pick<TaskOutcome, 'end' | 'exitCode'>,
  retry: number,
  policy: RetryPolicy | null,
): boolean {
  if (!policy || retry >= policy.limit || hasSucceeded(outcome) || lastingEnds.includes(outcome.end))
    return false;
  if (!policy.exitCodes) return true;
  return outcome.end === 'exited' && policy.exitCodes.includes(outcome.exitCode ?? -1);
}

import { maxTasksPerMessage } from '../../contracts';

/**
 * Shares out tasks [from, to) over messages: large shares first, smaller ones towards the end, so that no worker is left with
 * many tasks while others have none (guided self-scheduling: a share is the part of what is left that each worker would get, halved).
 * Where there are few tasks for each worker, each is a message of its own.
 */
export function shareTasks({
  from,
  to,
  total,
  workers,
}: {
  from: number;
  to: number;
  /** Of the job: the shares go by all that is left of it. */
  total: number;
  workers: number;
}): number[][] {
  const shares: number[][] = [];
  for (let next = from; next < to;) {
    const fair = Math.floor((total - next) / (2 * Math.max(1, workers)));
    const size = Math.min(maxTasksPerMessage, Math.max(1, fair));
    shares.push(Array.from({ length: Math.min(size, to - next) }, (_, index) => next + index));
    next += size;
  }
  return shares;
}

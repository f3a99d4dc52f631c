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

interface Run {
  task: number;
  retry: number;
}

/** Tasks that are run again are spread over so many messages at least. */
const leastRetryMessages = 32;

/**
 * Shares out tasks that are run again, at most `most` a message. INVARIANT: those of a message are of one retry, and of numbers less than a hundred apart,
 * as their results may share a blob, which is found by its first number.
 */
export function shareRetries(
  runs: readonly Run[],
  most: number = maxTasksPerMessage,
): { tasks: number[]; retry: number }[] {
  const size = Math.min(most, maxTasksPerMessage, Math.ceil(runs.length / leastRetryMessages));
  const shares: { tasks: number[]; retry: number }[] = [];
  for (const { task, retry } of [...runs].sort((a, b) => a.retry - b.retry || a.task - b.task)) {
    const last = shares.at(-1);
    const isNear = last?.retry === retry && task - last.tasks[0]! < maxTasksPerMessage;
    if (isNear && last.tasks.length < size) last.tasks.push(task);
    else shares.push({ tasks: [task], retry });
  }
  return shares;
}

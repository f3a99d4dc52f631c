import { maxInlineSpecificationBytes, type TaskMessage } from '../../shared/contracts';
import { shareTasks, workQueueName, type JobRow } from '../../shared/domain';
import type { App } from '../app';

/** So few messages are sent before the submission is answered. */
const maxSentAtOnce = 16;

/** A job whose every task may run now, on a target that is there. Those of several nodes are sent when their VMs are there. */
export function mayBeSentAtOnce({ taskCount, ownTarget, policy }: JobRow): boolean {
  if (policy.nodes !== undefined) return false;
  const isFree = policy.dependsOn.length === 0 && (policy.maxRunning ?? taskCount) >= taskCount;
  return isFree && !ownTarget && taskCount <= maxSentAtOnce;
}

/** Puts tasks [from, to) on the queue. Those of a repeat run once: results are committed once. */
export async function sendTasks(
  app: App,
  job: JobRow,
  { from, to, workers }: { from: number; to: number; workers: number },
): Promise<void> {
  const shares = shareTasks({ from, to, total: job.taskCount, workers });
  await sendMessages(app, job, {
    messages: shares.map((tasks) => messageOf(job, { tasks, retry: 0 })),
  });
}

export function messageOf(
  { jobId }: Pick<JobRow, 'jobId'>,
  { tasks, retry }: Pick<TaskMessage, 'tasks' | 'retry'>,
): TaskMessage {
  return { version: 1, jobId, tasks, retry };
}

/** `delayMs`: they are seen only after that. */
export async function sendMessages(
  app: App,
  { owner, policy, specification }: JobRow,
  { messages, delayMs = 0 }: { messages: TaskMessage[]; delayMs?: number },
): Promise<void> {
  const isShort =
    specification && Buffer.byteLength(JSON.stringify(specification)) <= maxInlineSpecificationBytes;
  const inline = isShort ? { specification } : {};
  await app.workQueue.enqueue(
    workQueueName(owner, policy.priority),
    messages.map((message) => ({ ...message, ...inline })),
    { delayMs },
  );
}

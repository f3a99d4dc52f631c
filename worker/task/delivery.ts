import { attemptIdOf } from '../../shared/contracts/blob-names';
import { jobIdPattern } from '../../shared/contracts/jobs';
import { TaskMessage, type TaskResult } from '../../shared/contracts/work-messages';
import { sleep } from '../backoff';
import { crashPoint } from '../crash-point';
import { describeError, withFields } from '../log';
import { CutOffError } from '../storage/retry';
import type { Delivery } from '../storage/work-queue';
import type { WorkerContext } from '../worker-context';
import { runAttempt, type Attempt } from './attempt';
import { failedEnding, resultOf } from './result';
import { TaskLease } from './task-lease';

/** `undelivered`: this agent could not do its part, the message goes back; the slot then pauses. */
export type Delivered = 'finished' | 'undelivered';

export function parseTaskMessage(body: string): TaskMessage | undefined {
  try {
    const parsed = TaskMessage.safeParse(JSON.parse(Buffer.from(body, 'base64').toString('utf8')));
    return parsed.success && jobIdPattern.test(parsed.data.jobId) ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** The body of a message whose agent has to go: this delivery is none of the task's attempts. Undefined: leave it as it is. */
export function interrupted(body: string): string | undefined {
  const message = parseTaskMessage(body);
  if (!message) return undefined;
  const counted: TaskMessage = { ...message, interruptions: (message.interruptions ?? 0) + 1 };
  return Buffer.from(JSON.stringify(counted)).toString('base64');
}

/** One message, from its receipt to its end. Never throws. */
export async function handleDelivery(delivery: Delivery, slot: WorkerContext): Promise<Delivered> {
  crashPoint('message-taken');
  const message = parseTaskMessage(delivery.body);
  const attemptId = attemptIdOf(delivery);
  const fields = { messageId: delivery.messageId, attemptId, jobId: message?.jobId, task: message?.task };
  const context: WorkerContext = { ...slot, log: withFields(slot.log, fields) };
  const lease = leaseOf(delivery, context);
  const { stopping, terminating } = context.lifecycle;
  const handBack = (): Promise<void> =>
    lease.release(stopping.aborted || terminating.aborted ? interrupted(delivery.body) : undefined);
  lease.start();
  try {
    if (!message) {
      context.log('error', 'message-unparseable');
      await lease.stop();
      await context.queue.remove(delivery);
      return 'finished';
    }
    const isFinished = await finishTask(message, lease, context);
    if (!isFinished) await handBack();
    return 'finished';
  } catch (error) {
    const isStopping = error instanceof CutOffError;
    context.log(isStopping ? 'warning' : 'error', 'delivery-failed', describeError(error));
    await handBack();
    return 'undelivered';
  } finally {
    await lease.stop();
  }
}

function leaseOf(delivery: Delivery, { queue, settings, log }: WorkerContext): TaskLease {
  const retry = { baseMs: settings.retryDelayMs, maxMs: settings.retryDelayMaxMs };
  const times = { leaseMs: settings.taskLeaseMs, renewalMs: settings.taskLeaseRenewalMs, retry };
  return new TaskLease(queue, delivery, { times, log });
}

/** True: the task has a committed result, the control plane was told, and the message is gone (or another's to delete). */
async function finishTask(message: TaskMessage, lease: TaskLease, context: WorkerContext): Promise<boolean> {
  const earlier = await context.blobs.readResult(message);
  crashPoint('result-looked-up');
  const committed = earlier ?? (await runAndCommit(message, lease, context));
  if (!committed) return false;
  await context.queue.postCompletion(committed);
  crashPoint('completion-posted');
  await lease.stop();
  await context.queue.remove(lease.delivery);
  crashPoint('message-deleted');
  const { end, exitCode } = committed;
  context.log('info', 'task-finished', { end, exitCode, committedBy: committed.attemptId });
  return true;
}

async function runAndCommit(
  message: TaskMessage,
  lease: TaskLease,
  context: WorkerContext,
): Promise<TaskResult | undefined> {
  const specified = await context.specifications.of(message.jobId);
  crashPoint('specification-read');
  const begun = lease.delivery.dequeueCount - (message.interruptions ?? 0);
  const attemptId = attemptIdOf(lease.delivery);
  const unwanted = watchForAbandonment(message, lease, context);
  const attempt: Attempt = { message, attemptId, begun, specified, abandon: unwanted.abandon };
  const startedAt = new Date();
  try {
    const result = await runAttempt(attempt, context);
    return result && (await commit(result, context));
  } catch (error) {
    const maxAttempts = specified.kind === 'valid' ? specified.specification.maxAttempts : 1;
    if (error instanceof CutOffError || begun < maxAttempts) throw error;
    // No other worker will be asked: the reason is better told than lost.
    const reason = `the agent could not run the task: ${String(describeError(error).error)}`;
    context.log('error', 'agent-error', describeError(error));
    const ending = failedEnding('agent-error', reason);
    const none = { stdoutBytes: 0, stderrBytes: 0 };
    return commit(
      resultOf({ message, attemptId, worker: context.worker, ending, startedAt, ...none }),
      context,
    );
  } finally {
    unwanted.forget();
  }
}

/** The first result of a task's retry counts; ours is dropped if another attempt was faster. */
async function commit(result: TaskResult, context: WorkerContext): Promise<TaskResult> {
  const isFirst = await context.blobs.createResult(result);
  crashPoint('result-committed');
  if (isFirst) return result;
  const winner = await context.blobs.readResult(result);
  if (!winner) throw new Error('the result blob can be neither created nor read');
  return winner;
}

/**
 * When an attempt is no longer wanted. The agent stops, or an eviction leaves no more time: at once. The lease is lost: another worker may be running the
 * task by now, or it was withdrawn, so going on would only do the work twice. The lease is unsure: giving up hours of work
 * for one lost answer would be worse than running twice, so it goes on until somebody's result is there; the commit decides.
 */
function watchForAbandonment(
  message: TaskMessage,
  lease: TaskLease,
  context: WorkerContext,
): { abandon: AbortController; forget: () => void } {
  const controller = new AbortController();
  const over = new AbortController();
  const ends = [context.lifecycle.stopping, context.lifecycle.terminating];
  const abandon = (): void => controller.abort();
  const onNotHeld = (): void => {
    if (lease.state === 'lost') return abandon();
    void untilResultAppears(message, over.signal, context).then((found) => found && abandon());
  };
  if (ends.some((end) => end.aborted)) abandon();
  for (const end of ends) end.addEventListener('abort', abandon, { once: true });
  lease.notHeld.addEventListener('abort', onNotHeld, { once: true });
  if (lease.notHeld.aborted) onNotHeld();
  const forget = (): void => {
    over.abort();
    for (const end of ends) end.removeEventListener('abort', abandon);
    lease.notHeld.removeEventListener('abort', onNotHeld);
  };
  return { abandon: controller, forget };
}

async function untilResultAppears(
  message: TaskMessage,
  over: AbortSignal,
  { blobs, settings, log }: WorkerContext,
): Promise<boolean> {
  while (!over.aborted) {
    await sleep(settings.taskLeaseRenewalMs, over);
    if (over.aborted) break;
    try {
      if (await blobs.readResult(message)) return true;
    } catch (error) {
      log('warning', 'result-not-looked-up', describeError(error));
    }
  }
  return false;
}

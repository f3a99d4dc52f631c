import { attemptIdOf } from '../../shared/contracts/blob-names';
import type { KeptResult } from '../../shared/contracts/work-messages';
import type { ClaimLease } from '../claims/claim-lease';
import type { ClaimedTask } from '../claims/task-source';
import { earlierResults } from '../claims/earlier-results';
import { sleep } from '../backoff';
import { gangFor } from '../gang/gang-for';
import type { GangLeader } from '../gang/head';
import { describeError, withFields } from '../log';
import type { TaskName } from '../storage/job-blobs';
import { CutOffError } from '../storage/retry';
import type { WorkerContext } from '../worker-context';
import { runAttempt, type Attempt } from './attempt';
import { failedEnding, resultOf } from './result';

/** Runs one task of a claim to its result. False: this agent could not do its part; the slot then pauses. Never throws. */
export async function runClaimedTask({ claim, task }: ClaimedTask, slot: WorkerContext): Promise<boolean> {
  const { jobId, retry } = claim.message;
  const { messageId } = claim.delivery;
  const attemptId = attemptIdOf(claim.delivery, task);
  const context: WorkerContext = { ...slot, log: withFields(slot.log, { messageId, jobId, attemptId }) };
  try {
    const formed = await gangFor({ claim, name: { jobId, task, retry, attemptId } }, context);
    if (formed.kind === 'put-off') {
      claim.putOff(task, formed.afterMs);
      return true;
    }
    const result = await runTask({ claim, task, gang: formed.gang }, attemptId, context);
    if (result) context.log('info', 'task-finished', { end: result.end, exitCode: result.exitCode });
    const isWanted = result && !(await isOvertaken({ jobId, task, retry }, claim.lease, context));
    if (isWanted) claim.finish(task, (isLast) => context.results.add(claim, result, isLast));
    else if (!result && formed.gang?.wasInterrupted) claim.putOff(task, 0);
    else claim.leave(task);
    return true;
  } catch (error) {
    const isStopping = error instanceof CutOffError;
    context.log(isStopping ? 'warning' : 'error', 'task-not-run', describeError(error));
    claim.leave(task);
    return false;
  } finally {
    context.source.ended();
  }
}

/**
 * A lease that may have lapsed unnoticed (the VM was frozen): another worker may have ended the task in the meantime. Should both have,
 * the one that the control plane hears of first counts.
 */
async function isOvertaken(
  name: TaskName,
  lease: ClaimLease,
  { blobs, log }: WorkerContext,
): Promise<boolean> {
  if (lease.state === 'lost') return true;
  if (lease.isFresh) return false;
  const earlier = await earlierResults({ ...name, tasks: [name.task] }, blobs);
  if (earlier.size > 0) log('warning', 'task-overtaken');
  return earlier.size > 0;
}

/** The result; undefined: the attempt was abandoned. */
async function runTask(
  { claim, task, gang }: ClaimedTask & { gang: GangLeader | undefined },
  attemptId: string,
  context: WorkerContext,
): Promise<KeptResult | undefined> {
  const { message, begun, lease, specified } = claim;
  const name = { jobId: message.jobId, task, retry: message.retry };
  const unwanted = watchForAbandonment(name, lease, context);
  const job = context.cancellations.watch(message.jobId);
  const attempt: Attempt = { name, attemptId, begun, specified, abandon: unwanted.abandon, job, gang };
  gang?.lost.addEventListener('abort', () => unwanted.abandon.abort(), { once: true });
  const startedAt = new Date();
  try {
    return await runAttempt(attempt, context);
  } catch (error) {
    const maxAttempts = specified.kind === 'valid' ? specified.specification.maxAttempts : 1;
    if (error instanceof CutOffError || begun < maxAttempts) throw error;
    // No other worker will be asked: the reason is better told than lost.
    const reason = `the agent could not run the task: ${String(describeError(error).error)}`;
    context.log('error', 'agent-error', describeError(error));
    const isFull = (error as { code?: unknown }).code === 'ENOSPC';
    const ending = failedEnding(isFull ? 'out-of-disk' : 'agent-error', reason);
    const none = { stdoutBytes: 0, stderrBytes: 0, output: null };
    return resultOf({ name, attemptId, worker: context.worker, ending, startedAt, ...none });
  } finally {
    await gang?.end();
    job.leave();
    unwanted.forget();
  }
}

/**
 * When an attempt is no longer wanted. The agent stops, or an eviction leaves no more time: at once. The lease is lost: another worker may be running the
 * task by now, or it was withdrawn, so going on would only do the work twice. The lease is unsure: giving up hours of work
 * for one lost answer would be worse than running twice, so it goes on until somebody's result is there.
 */
function watchForAbandonment(
  name: TaskName,
  lease: ClaimLease,
  context: WorkerContext,
): { abandon: AbortController; forget: () => void } {
  const controller = new AbortController();
  const over = new AbortController();
  const ends = [context.lifecycle.stopping, context.lifecycle.terminating];
  const abandon = (): void => controller.abort();
  const onNotHeld = (): void => {
    if (lease.state === 'lost') return abandon();
    void untilResultAppears(name, over.signal, context).then((found) => found && abandon());
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
  name: TaskName,
  over: AbortSignal,
  { blobs, settings, log }: WorkerContext,
): Promise<boolean> {
  while (!over.aborted) {
    await sleep(settings.taskLeaseRenewalMs, over);
    if (over.aborted) break;
    try {
      if ((await earlierResults({ ...name, tasks: [name.task] }, blobs)).size > 0) return true;
    } catch (error) {
      log('warning', 'result-not-looked-up', describeError(error));
    }
  }
  return false;
}

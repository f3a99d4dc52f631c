import { isBefore, waitingFor } from '../look';
import { keepSince } from '../retry';
import { gangCondition, isBounded, mostOpen } from './gangs';
import { lookPauseMs } from './look-pause';
import { goOn } from './next';
import type { JobStatus } from './rows';
import type { JobLook, JobPlan, JobStep } from './snapshot';

/** Tasks put on the queue by one activity: small enough to repeat, large enough that 100,000 take ten rounds. */
export const enqueueChunk = 10_000;

/** The target is there: sends what is to be sent, and waits. */
export function planTasks(look: JobLook): JobPlan {
  const { snapshot, now, settings } = look;
  const steps = [...sendTasks(look), ...retryTasks(look)];
  if (steps.length > 0) {
    const afterMs = pauseAfter(look, steps);
    return goOn(afterSending(look, steps), now, { steps, afterMs });
  }
  const { status } = snapshot;
  const isScanDue = !isBefore(now, later(status.scannedAt ?? now.toISOString(), settings.resultScanMs));
  const scan: JobStep[] = isScanDue ? [{ kind: 'recoverResults', input: {} }] : [];
  const again: JobStep[] = areLost(look) ? [{ kind: 'redeliverTasks', input: {} }] : [];
  const at = now.toISOString();
  // Tasks that were sent with the submission are first met here: what is lost of them is missed from now on.
  const waited: JobStatus = {
    ...running(look),
    scannedAt: isScanDue ? at : (status.scannedAt ?? at),
    progressAt: again.length > 0 ? at : (status.progressAt ?? at),
  };
  return goOn(waited, now, { steps: [...scan, ...again], afterMs: untilNextLook(look) });
}

/** The next tasks, as many as may run at the same time. */
function sendTasks(look: JobLook): JobStep[] {
  const { status, progress, target } = look.snapshot;
  const most = mostOpen(look);
  const { total, succeeded, failed } = status.tasks;
  const open = status.enqueuedTo - succeeded - failed - progress.retryable.length;
  const room = most === null ? enqueueChunk : most - open;
  const from = status.enqueuedTo;
  const to = Math.min(total, from + Math.min(enqueueChunk, room));
  const workers = isBounded(look.snapshot.job.policy) ? total : target.workersDesired;
  return to > from ? [{ kind: 'enqueueTasks', input: { from, to, workers } }] : [];
}

function retryTasks({ snapshot: { job, progress } }: JobLook): JobStep[] {
  const { retryable: tasks } = progress;
  const delayMs = job.policy.retry?.delayMs ?? 0;
  return tasks.length > 0 ? [{ kind: 'retryTasks', input: { tasks, delayMs } }] : [];
}

function afterSending(look: JobLook, steps: JobStep[]): JobStatus {
  const at = look.now.toISOString();
  const status = { ...running(look), scannedAt: at, progressAt: at };
  const sent = steps.find((step) => step.kind === 'enqueueTasks');
  return sent ? { ...status, enqueuedTo: sent.input.to } : status;
}

/** More is sent at once; otherwise an event, or time, brings the next look. */
function pauseAfter(look: JobLook, steps: JobStep[]): number {
  const sent = steps.find((step) => step.kind === 'enqueueTasks');
  const isMore = sent && sent.input.to < look.snapshot.status.tasks.total && mostOpen(look) === null;
  return isMore ? 0 : untilNextLook(look);
}

function running(look: JobLook): JobStatus {
  const { now } = look;
  const { status, target } = look.snapshot;
  const hasWorkers = target.workersEnrolled > 0;
  const message = `No worker has enrolled yet. ${target.message}`.trim();
  const waiting = hasWorkers ? null : waitingFor(now, 'WaitingForWorkers', message);
  const condition = gangCondition(look) ?? waiting;
  return {
    ...status,
    state: hasWorkers || status.startedAt ? 'running' : 'starting',
    startedAt: status.startedAt ?? (hasWorkers ? now.toISOString() : null),
    condition: keepSince(status.condition, condition),
  };
}

/** A lost message, or a target that is gone, may be seen so late where nobody looks at the job. */
const longestPauseMs = 300_000;
/** Nobody wakes a job when the VMs have come that each of its tasks takes at once. */
const gangLookMs = 30_000;

/** The time-out of the job may come sooner than the next look. */
function untilNextLook(look: JobLook): number {
  const { snapshot, now, settings } = look;
  const { job, status } = snapshot;
  const { timeoutMs } = job.policy;
  const since = status.progressAt ?? job.createdAt;
  const limits = gangCondition(look)
    ? { leastMs: settings.busyLookMs, mostMs: gangLookMs }
    : { leastMs: settings.resultScanMs, mostMs: longestPauseMs };
  const pauseMs = lookPauseMs({ since, now, ...limits });
  if (timeoutMs === null) return pauseMs;
  const left = Date.parse(job.createdAt) + timeoutMs - now.getTime();
  return Math.max(1, Math.min(pauseMs, left));
}

/** Workers are there and have had nothing to do for long, and yet tasks have not ended: their messages are lost. */
function areLost(look: JobLook): boolean {
  const { snapshot, now, settings } = look;
  const { status, target } = snapshot;
  if (mostOpen(look) === 0) return false;
  const { heardAt, isIdle, workersEnrolled } = target;
  if (!isIdle || workersEnrolled === 0 || heardAt === null || status.progressAt === null) return false;
  const lostAt = later(status.progressAt, settings.resultScanMs);
  return !isBefore(now, lostAt) && heardAt >= lostAt;
}

function later(time: string, ms: number): string {
  return new Date(Date.parse(time) + ms).toISOString();
}

import type { Condition, JobState } from '../../contracts';
import { waitingFor } from '../look';
import type { JobStatus } from './rows';
import type { JobPlan, JobStep } from './snapshot';

/** One last look at the results before the end; undefined once it was taken. */
export function lookOnce({
  status,
  now,
  condition,
}: {
  status: JobStatus;
  now: Date;
  condition: Condition;
}): JobPlan | undefined {
  if (status.condition?.code === condition.code) return undefined;
  return goOn({ ...status, condition }, now, { steps: [{ kind: 'recoverResults', input: {} }] });
}

export function goOn(
  status: JobStatus,
  now: Date,
  { steps = [], afterMs = 0 }: { steps?: JobStep[]; afterMs?: number },
): JobPlan {
  const lookAt = new Date(now.getTime() + afterMs).toISOString();
  return { steps, status, lookAt, isFinished: false };
}

export function finish(
  status: JobStatus,
  now: Date,
  end: { state: JobState; condition: Condition | null },
): JobPlan {
  const at = now.toISOString();
  const startedAt = status.startedAt ?? (status.enqueuedTo > 0 ? at : null);
  return { steps: [], status: { ...status, ...end, startedAt, endedAt: at }, lookAt: at, isFinished: true };
}

/** A job that ran out of its time has failed; one that somebody cancelled is cancelled. */
export function endCancelled(status: JobStatus, now: Date): JobPlan {
  const { code, message } = status.cancel!;
  const state = code === 'JobTimedOut' ? 'failed' : 'cancelled';
  return finish(status, now, { state, condition: waitingFor(now, code, message) });
}

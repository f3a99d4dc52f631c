import { isBefore, waitingFor } from '../look';
import { endCancelled, goOn, lookOnce } from './next';
import type { JobCancel, JobStatus } from './rows';
import type { JobLook, JobPlan } from './snapshot';

/** A job that somebody cancelled, or that has run out of its time. Undefined: neither. */
export function planCancelling(look: JobLook): JobPlan | undefined {
  const { snapshot, now, settings } = look;
  const cancel = snapshot.status.cancel ?? whyCancelled(look);
  if (!cancel) return undefined;
  const status: JobStatus = { ...snapshot.status, cancel };
  // Nothing of it was ever sent.
  if (status.enqueuedTo === 0) return endCancelled(status, now);
  if (status.state !== 'cancelling') {
    const condition = waitingFor(now, cancel.code, cancel.message);
    const steps = [{ kind: 'cancelTasks' as const, input: { graceMs: cancel.graceMs } }];
    // Counted from here, whatever the request's clock said.
    const begun = {
      ...status,
      state: 'cancelling' as const,
      condition,
      cancel: { ...cancel, at: now.toISOString() },
    };
    return goOn(begun, now, { steps, afterMs: settings.cancelLookMs });
  }
  if (!hasEverybodyStopped(look)) return goOn(status, now, { afterMs: settings.cancelLookMs });
  const condition = waitingFor(now, 'LastResults', 'What ended before the end is gathered.');
  return lookOnce({ status, now, condition }) ?? endCancelled(status, now);
}

/** Each VM has been heard since it must have known, and none runs a task of this job. A VM that is not heard of any more runs none. */
function hasEverybodyStopped({ snapshot, now, settings }: JobLook): boolean {
  const { target, status } = snapshot;
  if (!target.isPresent || target.heardAt === null) return true;
  const knownAt = new Date(Date.parse(status.cancel!.at) + settings.cancelLookMs).toISOString();
  return target.running === 0 && !isBefore(now, knownAt) && target.heardAt >= knownAt;
}

function whyCancelled({ snapshot: { job }, now }: JobLook): JobCancel | null {
  if (job.cancel) return job.cancel;
  const { timeoutMs } = job.policy;
  if (timeoutMs === null) return null;
  const until = new Date(Date.parse(job.createdAt) + timeoutMs).toISOString();
  if (isBefore(now, until)) return null;
  const message = `It had not ended within its time-out of ${timeoutMs} ms.`;
  return { at: now.toISOString(), code: 'JobTimedOut', message, graceMs: null };
}

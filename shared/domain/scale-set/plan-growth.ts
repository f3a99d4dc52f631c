import { isBefore, planAhead, unsettled, waitingFor } from '../look';
import { areBootsFailing, failedBootLimit } from './boots';
import type { ScaleSetStatus } from './snapshot';
import type { Presence, ScaleSetPlan } from './steps';

/** How many VMs Azure is to have now: what is desired, as far as quota and the boots so far allow. */
export function growthTarget({ look, desired, status }: Presence): number {
  const { members, departures, quota } = look.snapshot;
  const wanted = desired.capacity + departures.draining;
  if (wanted <= members.total) return wanted;
  if (areBootsFailing(status.boots) || hasGivenUp(status, { look, desired })) return members.total;
  return quota && !quota.fits ? Math.min(wanted, members.total + quota.room) : wanted;
}

/** Why the set does not grow although more is desired. */
export function planGrowthWait(presence: Presence): ScaleSetPlan {
  const { look, desired, status, chores, events } = presence;
  const { now, settings } = look;
  const { quota } = look.snapshot;
  if (areBootsFailing(status.boots)) {
    const message = `${status.boots.failures} boots in a row have failed (the limit is ${failedBootLimit}), so the set grows no more. The last: ${status.boots.message} Its boot log is under /boot-logs. PUT the set again, or grow it, to try anew.`;
    const condition = waitingFor(now, 'BootsFailing', message);
    return planAhead(look, { status: { ...status, state: 'failed' }, condition, steps: chores, events });
  }
  const isSame = status.quotaShort?.generation === desired.generation;
  const since = isSame && status.quotaShort ? status.quotaShort.since : now.toISOString();
  const short: ScaleSetStatus = { ...status, quotaShort: { since, generation: desired.generation } };
  if (hasGivenUp(short, presence)) {
    const message = `Given up, as the quota has been short since ${since}. PUT the set again, or grow it, to try anew. ${quota?.message ?? ''}`;
    const condition = waitingFor(now, 'QuotaExceeded', message);
    return planAhead(look, { status: { ...short, state: 'failed' }, condition, steps: chores, events });
  }
  const nextAttemptAt = new Date(now.getTime() + settings.settledLookMs).toISOString();
  const condition = {
    ...waitingFor(now, 'QuotaExceeded', quota?.message ?? ''),
    nextAction: 'ask for the quota again',
    nextAttemptAt,
  };
  const plan = planAhead(look, { status: unsettled(short), condition, steps: chores, events });
  return { ...plan, lookAt: nextAttemptAt };
}

/** A wish that has waited for quota for as long as is allowed is not tried any more; a new wish is. */
function hasGivenUp(status: ScaleSetStatus, { look, desired }: Pick<Presence, 'look' | 'desired'>): boolean {
  const { quotaShort } = status;
  if (!quotaShort || quotaShort.generation !== desired.generation) return false;
  const end = new Date(Date.parse(quotaShort.since) + look.settings.quotaWaitMs).toISOString();
  return !isBefore(look.now, end);
}

import type { Departure } from './departures';
import { isFailedBoot } from './departures';
import { isCapacityFailure } from './placement';
import { noFailedBoots, type ScaleSetSnapshot, type ScaleSetStatus } from './snapshot';

/** After so many failed boots in a row a set grows no more until it is asked for anew (DESIGN section 7). */
export const failedBootLimit = 10;

type Boots = ScaleSetStatus['boots'];

/** The count as this look finds it: a worker that has enrolled since, or a new wish, begins it anew. */
export function bootsNow({ status, desired, lastEnrolledAt }: ScaleSetSnapshot): Boots {
  const { boots } = status;
  const generation = desired?.generation ?? boots.generation;
  const hasEnrolledSince =
    lastEnrolledAt !== null &&
    boots.failedAt !== null &&
    Date.parse(lastEnrolledAt) > Date.parse(boots.failedAt);
  const isNewWish = generation !== boots.generation;
  return hasEnrolledSince || isNewWish ? { ...noFailedBoots, generation } : boots;
}

/** The count once these VMs go. A VM that Azure had no room for has failed no boot. */
export function countFailedBoots(
  boots: Boots,
  replaced: readonly Departure[],
  { condition, now }: { condition: ScaleSetStatus['condition']; now: Date },
): Boots {
  const failed = replaced.filter(
    (one) => isFailedBoot(one) && !(one.reason === 'ProvisioningFailed' && isCapacityFailure(condition)),
  );
  const last = failed.at(-1);
  if (!last) return boots;
  return {
    ...boots,
    failures: boots.failures + failed.length,
    message: `${last.name}: ${last.message}`,
    failedAt: now.toISOString(),
  };
}

export function areBootsFailing(boots: Boots): boolean {
  return boots.failures >= failedBootLimit;
}

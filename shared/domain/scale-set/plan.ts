import { planBlindly } from '../look';
import { planPresence } from './plan-presence';
import { planRemoval } from './plan-removal';
import type { ScaleSetStatus } from './snapshot';
import type { ScaleSetLook, ScaleSetPlan, ScaleSetStep } from './steps';

/** Decides what one look at a scale set leads to. Pure. */
export function planScaleSet(look: ScaleSetLook): ScaleSetPlan {
  const blind = planBlindly<ScaleSetStatus, ScaleSetStep>(look);
  const isUnwanted = look.snapshot.desired?.wanted === 'absent';
  const plan = blind ?? (isUnwanted ? planRemoval(look) : planPresence(look));
  const { listing, status } = look.snapshot;
  const watchedSince = watchedSinceAt(status, look.now);
  return { ...plan, status: { ...plan.status, listing, watchedSince, lookAt: plan.lookAt } };
}

/** A look may come so much later than it was due; later, nobody may have heard the agents either. */
const latenessMs = 20_000;

/** Since when the looks have come in time. */
export function watchedSinceAt({ lookAt, watchedSince }: ScaleSetStatus, now: Date): string {
  const isInTime = lookAt !== null && now.getTime() <= Date.parse(lookAt) + latenessMs;
  return isInTime && watchedSince !== null ? watchedSince : now.toISOString();
}

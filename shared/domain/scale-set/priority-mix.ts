import type { ScaleSetTemplate } from '../../contracts';
import type { MemberCounts } from './snapshot';

/** How many of the next VMs of a set come with which priority. */
export type GrowthSplit = (count: number) => { regular: number; spot: number };

/**
 * Azure's own rule for a mix: of a capacity C, base B and percentage P, B + floor((C - B) * P / 100) are regular, the rest Spot; Spot
 * is filled first (learn.microsoft.com, spot-priority-mix). `regularBase` takes the place of B where Spot cannot be had.
 */
export function growthSplit(
  { value }: ScaleSetTemplate,
  members: Pick<MemberCounts, 'total' | 'regular'>,
  regularBase: number | null,
): GrowthSplit {
  const { virtualMachineProfile, priorityMixPolicy } = value.properties;
  if (virtualMachineProfile.priority !== 'Spot') return (count) => ({ regular: count, spot: 0 });
  if (!priorityMixPolicy) return (count) => ({ regular: 0, spot: count });
  const percentage = priorityMixPolicy.regularPriorityPercentageAboveBase ?? 0;
  return (count) => {
    const capacity = members.total + count;
    const base = Math.min(regularBase ?? priorityMixPolicy.baseRegularPriorityCount ?? 0, capacity);
    const regularGoal = base + Math.floor(((capacity - base) * percentage) / 100);
    const spotNow = members.total - members.regular;
    const spot = Math.min(count, Math.max(0, capacity - regularGoal - spotNow));
    return { regular: count - spot, spot };
  };
}

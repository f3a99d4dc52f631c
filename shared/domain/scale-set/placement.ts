import type { Condition, ScaleSetTemplate } from '../../contracts';

/** Where and as what size the VMs of a set may be made. */
export interface Placement {
  /** []: without zones. */
  zones: string[];
  size: string;
}

/** The template's own place first, then its other zones, then each of its other sizes in all of those zones. */
export function placementsOf({ value, alternatives }: ScaleSetTemplate): Placement[] {
  const zones = [value.zones ?? [], ...(alternatives?.zones ?? [])];
  const sizes = [value.sku.name, ...(alternatives?.sizes ?? [])];
  return sizes.flatMap((size) => zones.map((some) => ({ zones: [...some], size })));
}

/** With these Azure says that it has no room there now, not that something is wrong. */
const capacityCodes = new Set([
  'AllocationFailed',
  'ZonalAllocationFailed',
  'OverconstrainedAllocationRequest',
  'OverconstrainedZonalAllocationRequest',
  'SkuNotAvailable',
]);

export function isCapacityFailure(condition: Pick<Condition, 'code'> | null): boolean {
  return condition !== null && capacityCodes.has(condition.code);
}

/** The next place to try; a set that has VMs cannot change its zones. Undefined where all have been tried. */
export function nextPlacement(
  placements: readonly Placement[],
  current: number,
  hasInstances: boolean,
): number | undefined {
  const here = placements[current];
  const found = placements.findIndex(
    (place, index) => index > current && (!hasInstances || areSameZones(place.zones, here?.zones ?? [])),
  );
  return found < 0 ? undefined : found;
}

export function areSameZones(some: readonly string[], others: readonly string[]): boolean {
  return [...some].sort().join() === [...others].sort().join();
}

export function describePlacement({ zones, size }: Placement): string {
  return zones.length === 0 ? size : `${size} in zone ${zones.join(', ')}`;
}

import { ArmError } from '../../resource-manager/errors';

/** One statement about the datacentre's capacity, as given to POST /control/allocation. */
export interface AllocationRule {
  location: string;
  size: string;
  /** Absent: every zone, and VMs outside zones. */
  zone?: string;
  /** Absent: both Spot and Regular. */
  priority?: 'Spot' | 'Regular';
  /** false: none left; a number: that many VMs left; true: as many as wanted. */
  available: boolean | number;
  /** Refused at once with SkuNotAvailable, and shown as a restriction in the list of SKUs. */
  restricted?: boolean;
}

export interface Placement {
  location: string;
  size: string;
  zone: string;
  isSpot: boolean;
}

/** Which sizes the simulated datacentres have run out of. Unlike quota, ARM learns this only while it allocates. */
export class AllocationBook {
  private rules: AllocationRule[] = [];

  set(rule: AllocationRule): void {
    this.rules = this.rules.filter((one) => !samePlace(one, rule));
    if (rule.available !== true || rule.restricted) this.rules.push({ ...rule });
  }

  list(): AllocationRule[] {
    return this.rules;
  }

  isRestricted(location: string, size: string): boolean {
    return this.rules.some(
      (rule) =>
        rule.restricted === true &&
        rule.location === location &&
        rule.size.toLowerCase() === size.toLowerCase(),
    );
  }

  /** Takes one VM's place, or throws the error that the asynchronous operation ends with. */
  take(placement: Placement): void {
    for (const rule of this.rules) {
      if (!covers(rule, placement)) continue;
      if (rule.available === false || rule.available === 0) throw allocationFailed(placement);
      if (typeof rule.available === 'number') rule.available -= 1;
    }
  }
}

function samePlace(a: AllocationRule, b: AllocationRule): boolean {
  return a.location === b.location && a.size === b.size && a.zone === b.zone && a.priority === b.priority;
}

function covers(rule: AllocationRule, placement: Placement): boolean {
  const isSameSize = rule.size.toLowerCase() === placement.size.toLowerCase();
  const isSameZone = rule.zone === undefined || rule.zone === placement.zone;
  const isSamePriority = rule.priority === undefined || (rule.priority === 'Spot') === placement.isSpot;
  return rule.location === placement.location && isSameSize && isSameZone && isSamePriority;
}

function allocationFailed(placement: Placement): ArmError {
  if (placement.zone) {
    const message = `Allocation failed. We do not have sufficient capacity for the requested VM size in this zone. Read more about improving likelihood of allocation success at http://aka.ms/allocation-guidance`;
    return new ArmError(409, 'ZonalAllocationFailed', message);
  }
  const message = `Allocation failed. We do not have sufficient capacity for the requested VM size in this region. Read more about improving likelihood of allocation success at http://aka.ms/allocation-guidance`;
  return new ArmError(409, 'AllocationFailed', message);
}

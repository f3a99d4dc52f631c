/** One limit of a subscription in a region, and how much of it is used. */
export interface UsageObservation {
  /** Azure's own: `cores`, `lowPriorityCores`, a VM family, ... */
  name: string;
  localizedName: string;
  currentValue: number;
  limit: number;
}

/** What the catalogue says of a VM size in a region. */
export interface SizeObservation {
  name: string;
  family: string;
  vCpus: number;
  /** AzManagers' `nphysical_cores`: half the vCPUs where a core has two threads. */
  physicalCores: number;
  /** Zones it is offered in to this subscription; [] in a region without zones. */
  zones: string[];
  isSpotCapable: boolean;
  /** Why this subscription may not have it, by zone (null: the whole region). */
  restrictions: { zone: string | null; reason: string }[];
}

export interface Region {
  subscriptionId: string;
  location: string;
}

/** How many more calls of a kind Azure takes, as it said with its last answer to one. `name` as Azure writes it. */
export interface RemainingCallsObservation {
  name: string;
  remaining: number;
  at: string;
}

/** Limits and sizes. Rejects with CloudFailure. */
export interface Quota {
  listUsages(region: Region): Promise<UsageObservation[]>;
  /** Undefined where the region does not know the size. The catalogue is read once an hour per region. */
  findSize(region: Region, name: string): Promise<SizeObservation | undefined>;
  /** Of the resource manager and its providers, as this instance of the app has heard it. */
  remainingCalls(subscriptionId: string): RemainingCallsObservation[];
}

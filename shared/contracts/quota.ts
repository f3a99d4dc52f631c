/** A limit of a subscription in a region, as Azure lists it. */
export interface QuotaUsage {
  /** Azure's own: `cores`, `lowPriorityCores`, a VM family, ... */
  name: string;
  localizedName: string;
  currentValue: number;
  limit: number;
}

/** One limit that VMs count against; `shortBy` in the limit's own unit, 0 where they fit. */
export interface QuotaLimit {
  name: string;
  localizedName: string;
  limit: number;
  used: number;
  needed: number;
  shortBy: number;
}

/** GET /api/quota. What follows `usages` is there where the question named a size. */
export interface QuotaView {
  location: string;
  usages?: QuotaUsage[];
  size?: { name: string; family: string; vCpus: number };
  fits?: boolean;
  /** How many more VMs of the size fit. */
  room?: number;
  message?: string;
  limits?: QuotaLimit[];
  /** How many more calls Azure takes, by kind, as it said with its last answer to one. */
  remainingCalls: { name: string; remaining: number; at: string }[];
}

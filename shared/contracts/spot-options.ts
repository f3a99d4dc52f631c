import { z } from 'zod';

/**
 * The VMs are Spot VMs. With a mix (a base of regular VMs, a percentage of them above it) or with a fallback the set is a
 * Flexible one: only there Azure has VMs of both priorities in one set.
 */
export const SpotOptions = z.strictObject({
  /** US dollars an hour; -1: up to the price of a regular VM, so that no VM is lost to its price. */
  maxPrice: z
    .number()
    .refine((price) => price === -1 || price > 0, 'must be above 0, or -1 for no limit')
    .default(-1),
  evictionPolicy: z.enum(['Delete', 'Deallocate']).default('Delete'),
  baseRegularCount: z.int().min(0).max(1000).default(0),
  regularPercentageAboveBase: z.int().min(0).max(100).default(0),
  /** Spot VMs that could not be had for so long are replaced by regular ones. Absent: never. */
  fallbackToRegularAfterMs: z.int().min(0).max(86_400_000).optional(),
});
export type SpotOptions = z.infer<typeof SpotOptions>;

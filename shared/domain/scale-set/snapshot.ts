import { z } from 'zod';
import { Capacity } from '../../contracts';
import { Failure, OperationState, ResourceStatus } from '../outcome';
import { Departure } from './departures';
import { ListingState, neverListed } from './listing';

/** Boots that failed in a row; at a limit the set grows no more. */
export const Boots = z.object({
  failures: z.int(),
  /** Why the last one did, for people. */
  message: z.string(),
  failedAt: z.string().nullable(),
  /** Of the wish under which they failed: a new wish begins anew. */
  generation: z.int(),
});
export type Boots = z.infer<typeof Boots>;

/** What the orchestrator keeps of a scale set. */
export const ScaleSetStatus = ResourceStatus.extend({
  capacity: Capacity,
  /** Capacity writes are spaced: Azure refills four a minute per scale set. */
  capacityWrittenAt: z.string().nullable(),
  /** The last change asked of Azure, or the end of one: a list from before shows another set. */
  changedAt: z.string().nullable(),
  listing: ListingState,
  /** When the next look was due; one that comes much later means that nobody listened meanwhile. */
  lookAt: z.string().nullable(),
  /** Since when the looks have come in time. */
  watchedSince: z.string().nullable(),
  boots: Boots,
  /** Since when the quota has been short, and under which wish. */
  quotaShort: z.object({ since: z.string(), generation: z.int() }).nullable(),
  /** Since when no VM has been wanted. */
  emptySince: z.string().nullable(),
  /** Which of the places of the template (zones, sizes) is tried: 0 is the template's own. */
  placement: z.int(),
  /** Spot VMs cannot be had since then; `regularBase`: so many regular VMs are asked for instead. */
  spotShort: z.object({ since: z.string(), regularBase: z.int().nullable() }).nullable(),
});
export type ScaleSetStatus = z.infer<typeof ScaleSetStatus>;

export const noFailedBoots: ScaleSetStatus['boots'] = {
  failures: 0,
  message: '',
  failedAt: null,
  generation: 0,
};

/** Before the first look. */
export function newScaleSetStatus(row: { resourceId: string; capacity: number }): ScaleSetStatus {
  return {
    state: 'creating',
    condition: null,
    resourceId: row.resourceId,
    operation: null,
    failures: 0,
    retryAt: null,
    capacity: { desired: row.capacity, provisioned: 0, enrolled: 0 },
    capacityWrittenAt: null,
    changedAt: null,
    listing: neverListed,
    lookAt: null,
    watchedSince: null,
    boots: noFailedBoots,
    quotaShort: null,
    emptySince: null,
    placement: 0,
    spotShort: null,
  };
}

/** How many VMs stand how; a VM is counted once in each that is true of it. */
export const MemberCounts = z.object({
  /** Without those that Azure is deleting. */
  total: z.int(),
  provisioned: z.int(),
  enrolled: z.int(),
  booting: z.int(),
  preparing: z.int(),
  silent: z.int(),
  evicting: z.int(),
  regular: z.int(),
});
export type MemberCounts = z.infer<typeof MemberCounts>;

export const noMembers: MemberCounts = {
  ...{ total: 0, provisioned: 0, enrolled: 0, booting: 0 },
  ...{ preparing: 0, silent: 0, evicting: 0, regular: 0 },
};

export const Desired = z.object({
  wanted: z.enum(['present', 'absent']),
  capacity: z.int(),
  /** Rises with every request that changes the wish. */
  generation: z.int(),
  deleteWhenEmptyMs: z.int().nullable(),
  /** Places to try in this order: the template's own, then its alternatives. */
  placements: z.array(z.object({ zones: z.array(z.string()), size: z.string() })),
  spot: z.object({ fallbackAfterMs: z.int().nullable() }).nullable(),
});

export const ObservedScaleSet = z.object({
  provisioningState: z.string(),
  capacity: z.int(),
  isOurs: z.boolean(),
  zones: z.array(z.string()),
});

/**
 * One look at everything that decides what to do with a scale set. Of its VMs it has counts and those that something is to be
 * done about, so that an orchestrator's history does not grow with the set.
 */
export const ScaleSetSnapshot = z.object({
  /** null: the row is gone, there is nothing left to do. */
  desired: Desired.nullable(),
  status: ScaleSetStatus,
  azure: ObservedScaleSet.nullable(),
  listing: ListingState,
  members: MemberCounts,
  departures: z.object({
    replaced: z.array(Departure),
    released: z.array(z.string()),
    draining: z.int(),
    isMassSilence: z.boolean(),
  }),
  /** Agents whose VM is gone. */
  gone: z.array(z.object({ agentId: z.string(), name: z.string(), wasEvicted: z.boolean() })),
  lastEnrolledAt: z.string().nullable(),
  /** Asked where the set is to grow: how many VMs more fit, and what it is short of. */
  quota: z.object({ fits: z.boolean(), room: z.int(), message: z.string() }).nullable(),
  operation: OperationState.nullable(),
  /** Azure could not be asked. */
  failure: Failure.nullable(),
});
export type ScaleSetSnapshot = z.infer<typeof ScaleSetSnapshot>;

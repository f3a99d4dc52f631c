import { z } from 'zod';

/** How an owner's VMs were last listed. Each page is one call of a bucket that Azure keeps per scale set. */
export const ListingState = z.object({
  listedAt: z.string().nullable(),
  pages: z.int(),
  /** Calls that could be made at once right after that list; an estimate that stays below Azure's own. */
  tokens: z.number(),
});
export type ListingState = z.infer<typeof ListingState>;

/** Azure gives a scale set 30 calls at once and 10 a minute (Compute's HighCostGetVMScaleSet); a fifth is left to others. */
const burst = 24;
const refillPerMinute = 8;
/** Where nothing asks for a list, one that costs many calls comes less often: half of what is refilled. */
const routineMsPerPage = 2 * (60_000 / refillPerMinute);

export const neverListed: ListingState = { listedAt: null, pages: 1, tokens: burst };

function tokensAt(state: ListingState, now: number): number {
  if (state.listedAt === null) return state.tokens;
  const minutes = Math.max(0, now - Date.parse(state.listedAt)) / 60_000;
  return Math.min(burst, state.tokens + minutes * refillPerMinute);
}

/** The state after a list of so many pages. */
export function afterListing(state: ListingState, pages: number, now: Date): ListingState {
  const tokens = Math.max(0, tokensAt(state, now.getTime()) - pages);
  return { listedAt: now.toISOString(), pages: Math.max(1, pages), tokens };
}

/** What may make a list necessary, and since when. Times are ISO. */
export interface ListingReasons {
  /** The last change that Azure was asked for, or the end of its work on one. */
  changedAt: string | null;
  /** A VM called that no list has shown yet. */
  hasUnknownCaller: boolean;
  /** The latest moment at which something seemed wrong with a listed VM: silent, evicted, not joined in time. */
  suspectedAt: string | null;
  /** VMs are to be chosen for deletion, or are awaited: the list may be no older than this. */
  freshWithinMs: number | null;
}

/** Whether a look lists the VMs: where there is a reason, and Azure's bucket has room for all pages. */
export function isListingDue(
  state: ListingState,
  reasons: ListingReasons,
  at: { now: Date; routineMs: number },
): boolean {
  if (state.listedAt === null) return true;
  const now = at.now.getTime();
  if (tokensAt(state, now) < state.pages) return false;
  const listed = Date.parse(state.listedAt);
  const isAfter = (time: string | null): boolean => time !== null && Date.parse(time) >= listed;
  const age = now - listed;
  return (
    isAfter(reasons.changedAt) ||
    isAfter(reasons.suspectedAt) ||
    reasons.hasUnknownCaller ||
    (reasons.freshWithinMs !== null && age >= reasons.freshWithinMs) ||
    age >= Math.max(at.routineMs, state.pages * routineMsPerPage)
  );
}

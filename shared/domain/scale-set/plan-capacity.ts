import type { Condition } from '../../contracts';
import { isBefore, planAhead, unsettled, waitingFor } from '../look';
import { areBootsFailing, countFailedBoots } from './boots';
import { isCapacityFailure } from './placement';
import { growthTarget, planGrowthWait } from './plan-growth';
import { planSettled } from './plan-settled';
import type { ScaleSetSnapshot, ScaleSetStatus } from './snapshot';
import type { Presence, ScaleSetPlan, ScaleSetStep } from './steps';

type Azure = NonNullable<ScaleSetSnapshot['azure']>;

/** Growth is what is desired, never read-add-write; VMs that go are named. One write at a time, and those are spaced. */
export function planCapacity(given: Presence, azure: Azure): ScaleSetPlan {
  const presence = watchSpot(given);
  const { look, desired, status } = presence;
  const { members, departures } = look.snapshot;
  const isCurrent = isListCurrent(look.snapshot, status);
  if (isCurrent && departures.replaced.length + departures.released.length > 0)
    return spaced(presence, planDepartures);
  const target = growthTarget(presence);
  const wanted = desired.capacity + departures.draining;
  const isGrowth = target > azure.capacity;
  if (!isCurrent && !isGrowth) {
    const message = 'A new list of the VMs is awaited: Azure takes only a few such calls a minute.';
    return settle(presence, waitingFor(look.now, 'ListingSpaced', message));
  }
  const hasFailed = azure.provisioningState === 'Failed' && members.total < target;
  // Fewer than Azure was asked for: only once it is known that no VM would go for it.
  const isLowering = target < azure.capacity && members.total <= target;
  if (isGrowth || hasFailed || isLowering || isFewer(presence, target))
    return spaced(presence, (due) => planWrite(due, target));
  if (target < wanted) return planGrowthWait(presence);
  return planSettled(presence);
}

/** Nothing is decided by a list from before the last change. */
function isListCurrent({ listing }: ScaleSetSnapshot, { changedAt }: ScaleSetStatus): boolean {
  if (listing.listedAt === null) return false;
  return changedAt === null || Date.parse(listing.listedAt) >= Date.parse(changedAt);
}

/** Azure made fewer than it was asked for, or lost some, and is at rest: it is asked again, not too often. */
const askAgainMs = 60_000;

function isFewer({ look, status }: Presence, target: number): boolean {
  const sinceMs = look.now.getTime() - Date.parse(status.changedAt ?? '1970-01-01T00:00:00Z');
  return look.snapshot.members.total < target && sinceMs >= askAgainMs;
}

function settle(presence: Presence, condition: Condition): ScaleSetPlan {
  const { look, status, chores, events } = presence;
  return planAhead(look, { status: unsettled(status), condition, steps: chores, events });
}

function spaced(presence: Presence, write: (presence: Presence) => ScaleSetPlan): ScaleSetPlan {
  const { look, status } = presence;
  const writtenAt = status.capacityWrittenAt ? Date.parse(status.capacityWrittenAt) : 0;
  const nextAttemptAt = new Date(writtenAt + look.settings.capacityWriteIntervalMs).toISOString();
  if (!isBefore(look.now, nextAttemptAt)) return write(presence);
  const message = 'Capacity writes are spaced, because Azure takes only a few a minute.';
  return settle(presence, {
    ...waitingFor(look.now, 'CapacityWriteSpaced', message),
    nextAction: 'set the capacity',
    nextAttemptAt,
  });
}

/** One kind at a time: a call names the VMs of one of them. */
function planDepartures(presence: Presence): ScaleSetPlan {
  const { look, status, chores, events } = presence;
  const { replaced, released } = look.snapshot.departures;
  if (replaced.length === 0) {
    const message = `Azure is asked to delete ${released.length} VMs.`;
    const step: ScaleSetStep = { kind: 'deleteScaleSetInstances', input: { instanceIds: released } };
    return planAhead(look, {
      status: written(presence),
      condition: waitingFor(look.now, 'DeletingInstances', message),
      steps: [...chores, step],
      events,
    });
  }
  const message = `Azure is asked to delete ${replaced.length} VMs, to be replaced: ${replaced[0]!.name}: ${replaced[0]!.message}`;
  const boots = countFailedBoots(status.boots, replaced, { condition: status.condition, now: look.now });
  return planAhead(look, {
    status: { ...written(presence), boots },
    condition: waitingFor(look.now, 'ReplacingInstances', message),
    steps: [...chores, { kind: 'replaceInstances', input: { departures: replaced } }],
    events: [
      ...events,
      ...replaced.map((one) => ({ code: one.reason, message: `${one.name}: ${one.message}` })),
    ],
  });
}

function planWrite(presence: Presence, target: number): ScaleSetPlan {
  const { look, status, chores, events } = presence;
  const regularBase = status.spotShort?.regularBase ?? null;
  const input = { capacity: target, placement: status.placement, regularBase };
  return planAhead(look, {
    status: written(presence),
    condition: waitingFor(look.now, 'SettingCapacity', `Azure is asked for ${target} VMs.`),
    steps: [...chores, { kind: 'setScaleSetCapacity', input }],
    events,
  });
}

function written({ look, status }: Presence): ScaleSetStatus {
  const at = look.now.toISOString();
  return { ...unsettled(status), capacityWrittenAt: at, changedAt: at };
}

/**
 * Spot VMs that cannot be had for as long as the set's policy says are asked for as regular ones: as many as are missing. The
 * next wish tries Spot again.
 */
function watchSpot(presence: Presence): Presence {
  const { look, desired, status, events } = presence;
  const fallbackAfterMs = desired.spot?.fallbackAfterMs;
  if (fallbackAfterMs === undefined || fallbackAfterMs === null) return presence;
  const { members } = look.snapshot;
  const missing = desired.capacity - members.total;
  const isShort = missing > 0 && (status.spotShort !== null || isCapacityFailure(status.condition));
  if (!isShort || areBootsFailing(status.boots))
    return { ...presence, status: { ...status, spotShort: null } };
  const spotShort = status.spotShort ?? { since: look.now.toISOString(), regularBase: null };
  const dueAt = new Date(Date.parse(spotShort.since) + fallbackAfterMs).toISOString();
  if (spotShort.regularBase !== null || isBefore(look.now, dueAt))
    return { ...presence, status: { ...status, spotShort } };
  const message = `${missing} Spot VMs could not be had since ${spotShort.since}: regular ones are asked for.`;
  return {
    ...presence,
    status: { ...status, spotShort: { ...spotShort, regularBase: members.regular + missing } },
    events: [...events, { code: 'FallingBackToRegular', message }],
  };
}

import { isBefore, isHopelessCode, planAhead, settleOperation, unsettled, waitingFor } from '../look';
import { bootsNow } from './boots';
import {
  areSameZones,
  describePlacement,
  isCapacityFailure,
  nextPlacement,
  type Placement,
} from './placement';
import { planCapacity } from './plan-capacity';
import { growthTarget, planGrowthWait } from './plan-growth';
import type { ScaleSetStatus } from './snapshot';
import type { Presence, ScaleSetLook, ScaleSetPlan, ScaleSetStep } from './steps';

/** A set that is wanted: created where it is not there, else brought to what is desired of it. */
export function planPresence(look: ScaleSetLook): ScaleSetPlan {
  const { snapshot, now } = look;
  const presence = tryNextPlacement(begin(look));
  const { status, chores, events } = presence;
  if (snapshot.azure && !snapshot.azure.isOurs) {
    const message =
      'A scale set of this name that Muster did not make is in the resource group: choose another name, or remove it in Azure.';
    const condition = waitingFor(now, 'NameTakenInAzure', message);
    return planAhead(look, { status: { ...status, state: 'failed' }, condition });
  }
  if (isBefore(now, status.retryAt)) {
    const isHopeless = isHopelessCode(status.condition?.code ?? '');
    const paused: ScaleSetStatus = isHopeless ? { ...status, state: 'failed' } : unsettled(status);
    return planAhead(look, { status: paused, condition: status.condition, steps: chores, events });
  }
  if (status.operation) {
    const message = `Azure is working on it: ${status.operation.purpose}.`;
    const condition = waitingFor(now, 'OperationInProgress', message);
    return planAhead(look, { status: unsettled(status), condition, steps: chores, events });
  }
  if (!snapshot.azure) return planCreation(presence);
  if (isElsewhere(presence)) return planRelocation(presence);
  return planCapacity(presence, snapshot.azure);
}

/** What this look starts from: the operation settled, the counts as they are, agents whose VM is gone to be forgotten. */
function begin(look: ScaleSetLook): Presence {
  const { snapshot, now, settings } = look;
  const desired = snapshot.desired!;
  const { provisioned, enrolled } = snapshot.members;
  const settled = settleOperation(snapshot, now, settings);
  const hasEnded = snapshot.status.operation !== null && settled.operation === null;
  // The look asks for the operation first: a list of the same look shows what it came to.
  const isListedSince = snapshot.listing.listedAt !== snapshot.status.listing.listedAt;
  const status: ScaleSetStatus = {
    ...settled,
    capacity: { desired: desired.capacity, provisioned, enrolled },
    changedAt: hasEnded && !isListedSince ? now.toISOString() : settled.changedAt,
    boots: bootsNow(snapshot),
  };
  const chores: ScaleSetStep[] =
    snapshot.gone.length > 0 ? [{ kind: 'forgetAgents', input: { gone: snapshot.gone } }] : [];
  return { look, desired, status, chores, events: [] };
}

/**
 * Where Azure has no room, the next place is tried at once; after the last one the pause of a failure comes, and then the first
 * again. That a pause is set tells a failure not yet answered.
 */
function tryNextPlacement(presence: Presence): Presence {
  const { look, desired, status, events } = presence;
  const here = desired.placements[status.placement];
  if (!isCapacityFailure(status.condition) || status.retryAt === null || !here) return presence;
  const hasInstances = look.snapshot.members.total > 0;
  const next = nextPlacement(desired.placements, status.placement, hasInstances);
  if (next !== undefined) {
    const there = desired.placements[next] as Placement;
    const message = `No room for ${describePlacement(here)} (${status.condition!.code}): ${describePlacement(there)} is tried.`;
    return {
      ...presence,
      status: { ...status, placement: next, retryAt: null },
      events: [...events, { code: 'PlacementChanged', message }],
    };
  }
  const isPauseOver = !isBefore(look.now, status.retryAt);
  const first = hasInstances
    ? desired.placements.findIndex((place) => areSameZones(place.zones, here.zones))
    : 0;
  return isPauseOver ? { ...presence, status: { ...status, placement: first } } : presence;
}

function planCreation(presence: Presence): ScaleSetPlan {
  const { look, desired, status, chores, events } = presence;
  const { now } = look;
  const target = growthTarget(presence);
  if (target < desired.capacity && target === 0) return planGrowthWait(presence);
  const message = `Azure is asked for a scale set of ${target} VMs.`;
  const at = now.toISOString();
  return planAhead(look, {
    status: { ...unsettled(status), capacityWrittenAt: at, changedAt: at },
    condition: waitingFor(now, 'CreatingInAzure', message),
    steps: [...chores, { kind: 'createScaleSet', input: { capacity: target, placement: status.placement } }],
    events,
  });
}

/** Zones are fixed for a set's life: an empty one is deleted, to be made in the next place. */
function isElsewhere({ look, desired, status }: Presence): boolean {
  const place = desired.placements[status.placement];
  const { azure, members } = look.snapshot;
  return members.total === 0 && !!place && !areSameZones(azure!.zones, place.zones);
}

function planRelocation({ look, desired, status, chores, events }: Presence): ScaleSetPlan {
  const place = desired.placements[status.placement] as Placement;
  const message = `The empty set is made anew for ${describePlacement(place)}.`;
  return planAhead(look, {
    status: unsettled(status),
    condition: waitingFor(look.now, 'Relocating', message),
    steps: [...chores, { kind: 'deleteScaleSet', input: {} }],
    events,
  });
}

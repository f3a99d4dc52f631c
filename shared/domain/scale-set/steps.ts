import type { LookSettings, Plan } from '../look';
import type { Departure } from './departures';
import type { ScaleSetSnapshot, ScaleSetStatus } from './snapshot';

/** What each step needs to be told; an executor that is missing for one does not compile. */
export interface ScaleSetSteps {
  createScaleSet: { capacity: number; placement: number };
  /** `regularBase`: so many of a Spot set's VMs are to be regular ones; null: as was asked for. */
  setScaleSetCapacity: { capacity: number; placement: number; regularBase: number | null };
  /** Keeps what can still be read of their boots, then deletes them. */
  replaceInstances: { departures: Departure[] };
  deleteScaleSetInstances: { instanceIds: string[] };
  forgetAgents: { gone: ScaleSetSnapshot['gone'] };
  /** Nobody has wanted a VM of it for as long as was said: from now on the set itself is not wanted. */
  retireScaleSet: { generation: number };
  deleteScaleSet: Record<string, never>;
  forgetScaleSet: Record<string, never>;
}
export type ScaleSetStep = {
  [Kind in keyof ScaleSetSteps]: { kind: Kind; input: ScaleSetSteps[Kind] };
}[keyof ScaleSetSteps];

export type ScaleSetPlan = Plan<ScaleSetStatus, ScaleSetStep>;

export interface ScaleSetLook {
  snapshot: ScaleSetSnapshot;
  now: Date;
  settings: LookSettings;
}

/** One look of a set that is wanted, as its parts hand it on. */
export interface Presence {
  look: ScaleSetLook;
  desired: NonNullable<ScaleSetSnapshot['desired']>;
  status: ScaleSetStatus;
  /** Taken in any case: they write nothing to the set. */
  chores: ScaleSetStep[];
  events: NonNullable<ScaleSetPlan['events']>;
}

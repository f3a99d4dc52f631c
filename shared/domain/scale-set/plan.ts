import type { Condition } from '../../contracts';
import {
  isBefore,
  planAhead,
  planBlindly,
  settleOperation,
  unsettled,
  waitingFor,
  type LookSettings,
  type Plan,
} from '../look';
import { chooseInstancesToDelete } from './shrink';
import type { ScaleSetSnapshot, ScaleSetStatus } from './snapshot';

/** What each step needs to be told; an executor that is missing for one does not compile. */
export interface ScaleSetSteps {
  admitAgents: { agentIds: string[] };
  createScaleSet: { capacity: number };
  setScaleSetCapacity: { capacity: number };
  deleteScaleSetInstances: { instanceIds: string[] };
  deleteScaleSet: Record<string, never>;
  forgetScaleSet: Record<string, never>;
}
export type ScaleSetStep = {
  [Kind in keyof ScaleSetSteps]: { kind: Kind; input: ScaleSetSteps[Kind] };
}[keyof ScaleSetSteps];

export type ScaleSetPlan = Plan<ScaleSetStatus, ScaleSetStep>;

interface Look {
  snapshot: ScaleSetSnapshot;
  now: Date;
  settings: LookSettings;
}

/** Decides what one look at a scale set leads to. Pure. */
export function planScaleSet(look: Look): ScaleSetPlan {
  const blind = planBlindly<ScaleSetStatus, ScaleSetStep>(look);
  if (blind) return blind;
  const desired = look.snapshot.desired!;
  return desired.wanted === 'absent' ? planRemoval(look) : planPresence(look, desired.capacity);
}

function planRemoval(at: Look): ScaleSetPlan {
  const { snapshot, now, settings } = at;
  const isFirst = snapshot.status.state !== 'deleting';
  // The pause after a failed creation is none of the deletion's.
  const settled = {
    ...settleOperation(snapshot, now, settings),
    ...(isFirst && { failures: 0, retryAt: null }),
  };
  const status: ScaleSetStatus = { ...settled, state: 'deleting', capacity: count(snapshot, 0) };
  // A set of this name that Muster did not make stays as it is.
  const isThere = snapshot.azure ? snapshot.azure.isOurs : snapshot.instances.length > 0;
  if (!isThere && status.operation) {
    const message = `Azure is working on it: ${status.operation.purpose}. What comes of it is deleted then.`;
    return planAhead(at, { status, condition: waitingFor(now, 'OperationInProgress', message) });
  }
  if (!isThere) {
    const steps: ScaleSetStep[] = [{ kind: 'forgetScaleSet', input: {} }];
    return {
      steps,
      status: { ...status, state: 'deleted', condition: null },
      lookAt: now.toISOString(),
      isFinished: true,
    };
  }
  const isUnderWay = status.operation?.purpose === 'delete';
  if (isUnderWay || isBefore(now, status.retryAt)) {
    const waiting = status.retryAt
      ? status.condition
      : waitingFor(now, 'DeletingInAzure', 'Azure is deleting the scale set and its VMs.');
    return planAhead(at, { status, condition: waiting });
  }
  const condition = waitingFor(now, 'DeletingInAzure', 'Azure is asked to delete the scale set and its VMs.');
  const steps: ScaleSetStep[] = [{ kind: 'deleteScaleSet', input: {} }];
  return planAhead(at, { status: { ...status, operation: null }, condition, steps });
}

function planPresence(at: Look, desired: number): ScaleSetPlan {
  const { snapshot, now } = at;
  const settled = settleOperation(snapshot, now, at.settings);
  const status: ScaleSetStatus = { ...settled, capacity: count(snapshot, desired) };
  const admit = admission(snapshot);
  if (snapshot.azure && !snapshot.azure.isOurs) {
    const message =
      'A scale set of this name that Muster did not make is in the resource group: choose another name, or remove it in Azure.';
    const condition = waitingFor(now, 'NameTakenInAzure', message);
    return planAhead(at, { status: { ...status, state: 'failed' }, condition });
  }
  if (isBefore(now, status.retryAt))
    return planAhead(at, { status, condition: status.condition, steps: admit });
  if (status.operation) {
    const condition = waitingFor(
      now,
      'OperationInProgress',
      `Azure is working on it: ${status.operation.purpose}.`,
    );
    return planAhead(at, { status: unsettled(status), condition, steps: admit });
  }
  if (!snapshot.azure) {
    const condition = waitingFor(now, 'CreatingInAzure', `Azure is asked for a scale set of ${desired} VMs.`);
    const written = { ...unsettled(status), capacityWrittenAt: now.toISOString() };
    const steps: ScaleSetStep[] = [{ kind: 'createScaleSet', input: { capacity: desired } }];
    return planAhead(at, { status: written, condition, steps });
  }
  return planCapacity({ at, desired, status, admit }, snapshot.azure);
}

interface Presence {
  at: Look;
  desired: number;
  status: ScaleSetStatus;
  admit: ScaleSetStep[];
}

/** Growth is what is desired, never read-add-write; shrinking names the instances that go. */
function planCapacity(
  { at, desired, status, admit }: Presence,
  azure: NonNullable<ScaleSetSnapshot['azure']>,
): ScaleSetPlan {
  const { snapshot, now, settings } = at;
  // A VM that Azure is deleting still is listed; another one must not go in its place.
  const staying = snapshot.instances.filter((instance) => instance.provisioningState !== 'Deleting');
  const surplus = staying.length - desired;
  const hasFailed = azure.provisioningState === 'Failed' && staying.length < desired;
  if (azure.capacity === desired && surplus <= 0 && !hasFailed)
    return planAhead(at, { ...waitForWorkers(status, now), steps: admit });

  const writeAt = status.capacityWrittenAt
    ? Date.parse(status.capacityWrittenAt) + settings.capacityWriteIntervalMs
    : 0;
  if (now.getTime() < writeAt) {
    const nextAttemptAt = new Date(writeAt).toISOString();
    const message = 'Capacity writes are spaced, because Azure takes only a few a minute.';
    const condition = {
      ...waitingFor(now, 'CapacityWriteSpaced', message),
      nextAction: 'set the capacity',
      nextAttemptAt,
    };
    return planAhead(at, { status: unsettled(status), condition, steps: admit });
  }
  const written = { ...unsettled(status), capacityWrittenAt: now.toISOString() };
  if (surplus > 0) {
    const instanceIds = chooseInstancesToDelete(staying, snapshot.agents, surplus);
    const condition = waitingFor(
      now,
      'DeletingInstances',
      `Azure is asked to delete ${instanceIds.length} VMs.`,
    );
    const kept = staying.filter((instance) => !instanceIds.includes(instance.instanceId));
    const steps: ScaleSetStep[] = [
      ...admission({ ...snapshot, instances: kept }),
      { kind: 'deleteScaleSetInstances', input: { instanceIds } },
    ];
    return planAhead(at, { status: written, condition, steps });
  }
  const condition = waitingFor(now, 'SettingCapacity', `Azure is asked for ${desired} VMs.`);
  const steps: ScaleSetStep[] = [...admit, { kind: 'setScaleSetCapacity', input: { capacity: desired } }];
  return planAhead(at, { status: written, condition, steps });
}

function waitForWorkers(
  status: ScaleSetStatus,
  now: Date,
): { status: ScaleSetStatus; condition: Condition | null } {
  const { desired, provisioned, enrolled } = status.capacity;
  const clean = { ...status, failures: 0, retryAt: null };
  if (provisioned < desired) {
    const message = `Azure has ${provisioned} of ${desired} VMs ready.`;
    return { status: unsettled(clean), condition: waitingFor(now, 'WaitingForInstances', message) };
  }
  if (enrolled < desired) {
    const message = `${enrolled} of ${desired} VMs have enrolled.`;
    return { status: unsettled(clean), condition: waitingFor(now, 'WaitingForWorkers', message) };
  }
  return { status: { ...clean, state: 'ready' }, condition: null };
}

function admission(snapshot: ScaleSetSnapshot): ScaleSetStep[] {
  const listed = new Set(snapshot.instances.map((instance) => instance.vmId));
  const pending = snapshot.agents.filter((agent) => agent.state === 'pending' && listed.has(agent.agentId));
  return pending.length > 0
    ? [{ kind: 'admitAgents', input: { agentIds: pending.map((agent) => agent.agentId) } }]
    : [];
}

function count(snapshot: ScaleSetSnapshot, desired: number): ScaleSetStatus['capacity'] {
  const listed = new Set(snapshot.instances.map((instance) => instance.vmId));
  const provisioned = snapshot.instances.filter(
    (instance) => instance.provisioningState === 'Succeeded',
  ).length;
  const enrolled = snapshot.agents.filter(
    (agent) => agent.state === 'enrolled' && listed.has(agent.agentId),
  ).length;
  return { desired, provisioned, enrolled };
}

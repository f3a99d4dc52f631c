import type { Condition } from '../../contracts';
import { isBefore, settleOperation, waitingFor, type LookSettings } from '../look';
import { afterFailure, keepSince } from '../retry';
import type { VirtualMachineSnapshot, VirtualMachineStatus } from './snapshot';

export interface VirtualMachineSteps {
  admitAgents: { agentIds: string[] };
  createNetworkInterface: Record<string, never>;
  createVirtualMachine: Record<string, never>;
  deleteVirtualMachine: Record<string, never>;
  deleteNetworkInterface: Record<string, never>;
  deleteDisks: { diskIds: string[] };
  forgetVirtualMachine: Record<string, never>;
}
export type VirtualMachineStep = {
  [Kind in keyof VirtualMachineSteps]: { kind: Kind; input: VirtualMachineSteps[Kind] };
}[keyof VirtualMachineSteps];

export interface VirtualMachinePlan {
  steps: VirtualMachineStep[];
  status: VirtualMachineStatus;
  lookAt: string;
  isFinished: boolean;
}

interface Look {
  snapshot: VirtualMachineSnapshot;
  now: Date;
  settings: LookSettings;
}

/** Failures that another attempt would meet again: what was made is taken down and the reason is kept. */
const hopeless =
  /^(SkuNotAvailable|InvalidParameter|BadRequest|Invalid.*|.*NotFound|AuthorizationFailed|RequestDisallowedByPolicy|.*QuotaExceeded)$/;

/** Decides what one look at a detached VM leads to. Pure. */
export function planVirtualMachine(look: Look): VirtualMachinePlan {
  const { snapshot, now, settings } = look;
  if (!snapshot.desired)
    return { steps: [], status: snapshot.status, lookAt: now.toISOString(), isFinished: true };
  if (snapshot.failure) {
    const status = afterFailure(snapshot.status, snapshot.failure, {
      now,
      nextAction: 'look again',
      settings,
    });
    return { steps: [], status, lookAt: status.retryAt ?? now.toISOString(), isFinished: false };
  }
  const status = settleOperation(snapshot, now, settings);
  const settled = { ...look, snapshot: { ...snapshot, status } };
  if (snapshot.desired.wanted === 'absent') return planRemoval(settled);
  if (status.isRollingBack || isHopeless(status)) return planRollback(settled);
  return planPresence(settled);
}

function isHopeless(status: VirtualMachineStatus): boolean {
  return status.state === 'creating' && status.failures > 0 && hopeless.test(status.condition?.code ?? '');
}

function planPresence(look: Look): VirtualMachinePlan {
  const { snapshot, now } = look;
  const { status, networkInterface, virtualMachine, agent } = snapshot;
  if ((networkInterface && !networkInterface.isOurs) || (virtualMachine && !virtualMachine.isOurs)) {
    const message =
      'A VM or network interface of this name that Muster did not make is in the resource group: choose another name, or remove it in Azure.';
    return next(look, { ...status, state: 'failed' }, waitingFor(now, 'NameTakenInAzure', message));
  }
  if (isBefore(now, status.retryAt)) return next(look, status, status.condition);
  if (status.operation)
    return next(
      look,
      status,
      waitingFor(now, 'OperationInProgress', 'Azure is creating it.'),
      admission(look),
    );
  if (!networkInterface || networkInterface.provisioningState === 'Failed') {
    const condition = waitingFor(
      now,
      'CreatingNetworkInterface',
      'Azure is asked for the network interface.',
    );
    return next(look, status, condition, [{ kind: 'createNetworkInterface', input: {} }]);
  }
  const address = { ...status, privateIpAddress: networkInterface.privateIpAddress };
  if (!virtualMachine) {
    const condition = waitingFor(now, 'CreatingVirtualMachine', 'Azure is asked for the VM.');
    return next(look, address, condition, [{ kind: 'createVirtualMachine', input: {} }]);
  }
  if (virtualMachine.provisioningState === 'Failed') {
    const condition =
      status.condition ?? waitingFor(now, 'ProvisioningFailed', 'Azure could not provision the VM.');
    return planRollback({ ...look, snapshot: { ...snapshot, status: { ...address, condition } } });
  }
  if (virtualMachine.provisioningState !== 'Succeeded') {
    return next(
      look,
      address,
      waitingFor(now, 'WaitingForVirtualMachine', `Azure says ${virtualMachine.provisioningState}.`),
      admission(look),
    );
  }
  if (agent?.state !== 'enrolled' || agent.agentId !== virtualMachine.vmId) {
    return next(
      look,
      address,
      waitingFor(now, 'WaitingForWorkers', 'The VM runs; its agent has not enrolled yet.'),
      admission(look),
    );
  }
  return next(look, { ...address, state: 'ready', failures: 0, retryAt: null }, null);
}

function planRollback(look: Look): VirtualMachinePlan {
  const { snapshot } = look;
  const status: VirtualMachineStatus = { ...snapshot.status, isRollingBack: true, state: 'failed' };
  const steps = takeDown(look);
  return next(look, status, status.condition, steps);
}

function planRemoval(look: Look): VirtualMachinePlan {
  const { snapshot, now } = look;
  const status: VirtualMachineStatus = { ...snapshot.status, state: 'deleting' };
  const isGone =
    !snapshot.virtualMachine && !snapshot.networkInterface && snapshot.leftoverDiskIds.length === 0;
  if (isGone) {
    const deleted: VirtualMachineStatus = { ...status, state: 'deleted', condition: null };
    return {
      steps: [{ kind: 'forgetVirtualMachine', input: {} }],
      status: deleted,
      lookAt: now.toISOString(),
      isFinished: true,
    };
  }
  const condition =
    status.retryAt && isBefore(now, status.retryAt)
      ? status.condition
      : waitingFor(now, 'DeletingInAzure', 'Azure is deleting the VM and its parts.');
  return next(look, status, condition, takeDown(look));
}

/** VM, then interface, then what is left of its disks; one deletion at a time, none while one is under way. */
function takeDown({ snapshot, now }: Look): VirtualMachineStep[] {
  const { status, virtualMachine, networkInterface, leftoverDiskIds } = snapshot;
  if (isBefore(now, status.retryAt) || status.operation?.purpose === 'delete') return [];
  if (virtualMachine?.isOurs) return [{ kind: 'deleteVirtualMachine', input: {} }];
  if (networkInterface?.isOurs) return [{ kind: 'deleteNetworkInterface', input: {} }];
  return leftoverDiskIds.length > 0 ? [{ kind: 'deleteDisks', input: { diskIds: leftoverDiskIds } }] : [];
}

function admission({ snapshot }: Look): VirtualMachineStep[] {
  const { agent, virtualMachine } = snapshot;
  const isListed = agent?.state === 'pending' && agent.agentId === virtualMachine?.vmId;
  return isListed ? [{ kind: 'admitAgents', input: { agentIds: [agent.agentId] } }] : [];
}

function next(
  { snapshot, now, settings }: Look,
  status: VirtualMachineStatus,
  condition: Condition | null,
  steps: VirtualMachineStep[] = [],
): VirtualMachinePlan {
  const isSettled =
    steps.length === 0 && !status.operation && (status.state === 'ready' || status.state === 'failed');
  const pause = isSettled ? settings.settledLookMs : settings.busyLookMs;
  const kept = keepSince(snapshot.status.condition, condition);
  return {
    steps,
    status: { ...status, condition: kept },
    lookAt: new Date(now.getTime() + pause).toISOString(),
    isFinished: false,
  };
}

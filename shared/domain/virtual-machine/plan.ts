import type { Condition } from '../../contracts';
import { isBefore, settleOperation, waitingFor, type LookSettings } from '../look';
import { afterFailure, keepSince, lookAgain } from '../retry';
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
      nextAction: lookAgain,
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
  const { state, failures, condition } = status;
  // A look that Azure refused says nothing of the creation.
  if (state !== 'creating' || failures === 0 || condition?.nextAction === lookAgain) return false;
  return hopeless.test(condition?.code ?? '');
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
      unsettled(status),
      waitingFor(now, 'OperationInProgress', 'Azure is creating it.'),
      admission(look),
    );
  if (!networkInterface || networkInterface.provisioningState === 'Failed') {
    const condition = waitingFor(
      now,
      'CreatingNetworkInterface',
      'Azure is asked for the network interface.',
    );
    return next(look, unsettled(status), condition, [{ kind: 'createNetworkInterface', input: {} }]);
  }
  const address = { ...unsettled(status), privateIpAddress: networkInterface.privateIpAddress };
  if (!virtualMachine) {
    const condition = waitingFor(now, 'CreatingVirtualMachine', 'Azure is asked for the VM.');
    return next(look, address, condition, [{ kind: 'createVirtualMachine', input: {} }]);
  }
  const hasWorked = agent?.agentId === virtualMachine.vmId && agent.state !== 'pending';
  if (virtualMachine.provisioningState === 'Failed' && !hasWorked) {
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
  const { virtualMachine, networkInterface, leftoverDiskIds } = snapshot;
  // The pause after a failed creation is none of the deletion's.
  const isFirst = snapshot.status.state !== 'deleting';
  const status: VirtualMachineStatus = {
    ...snapshot.status,
    state: 'deleting',
    ...(isFirst && { failures: 0, retryAt: null }),
  };
  // Parts that Muster did not make stay as they are.
  const isGone = !virtualMachine?.isOurs && !networkInterface?.isOurs && leftoverDiskIds.length === 0;
  if (isGone && !status.operation) {
    return {
      steps: [{ kind: 'forgetVirtualMachine', input: {} }],
      status: { ...status, state: 'deleted', condition: null },
      lookAt: now.toISOString(),
      isFinished: true,
    };
  }
  const condition = isBefore(now, status.retryAt)
    ? status.condition
    : waitingFor(now, 'DeletingInAzure', 'Azure is deleting the VM and its parts.');
  const steps = takeDown({ ...look, snapshot: { ...snapshot, status } });
  return next(look, steps.length > 0 ? { ...status, operation: null } : status, condition, steps);
}

/** VM, then interface, then what is left of its disks; one deletion at a time, none while one is under way. */
function takeDown({ snapshot, now }: Look): VirtualMachineStep[] {
  const { status, virtualMachine, networkInterface, leftoverDiskIds } = snapshot;
  if (isBefore(now, status.retryAt) || status.operation?.purpose === 'delete') return [];
  if (virtualMachine?.isOurs) return [{ kind: 'deleteVirtualMachine', input: {} }];
  // A creation under way may yet bring forth a VM that needs its interface.
  if (status.operation) return [];
  if (networkInterface?.isOurs) return [{ kind: 'deleteNetworkInterface', input: {} }];
  return leftoverDiskIds.length > 0 ? [{ kind: 'deleteDisks', input: { diskIds: leftoverDiskIds } }] : [];
}

/** 'creating' until it was ready once; afterwards whatever is amiss is an update. */
function unsettled(status: VirtualMachineStatus): VirtualMachineStatus {
  const wasReady = status.state === 'ready' || status.state === 'updating';
  return { ...status, state: wasReady ? 'updating' : 'creating' };
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

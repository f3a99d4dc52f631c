import { lookAgain } from '../retry';
import {
  isBefore,
  isHopelessCode,
  planAhead,
  planBlindly,
  settleOperation,
  unsettled,
  waitingFor,
  type LookSettings,
  type Plan,
} from '../look';
import type { VirtualMachineSnapshot, VirtualMachineStatus } from './snapshot';

export interface VirtualMachineSteps {
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

export type VirtualMachinePlan = Plan<VirtualMachineStatus, VirtualMachineStep>;

interface Look {
  snapshot: VirtualMachineSnapshot;
  now: Date;
  settings: LookSettings;
}

/** Decides what one look at a detached VM leads to. Pure. */
export function planVirtualMachine(look: Look): VirtualMachinePlan {
  const { snapshot, now, settings } = look;
  const blind = planBlindly<VirtualMachineStatus, VirtualMachineStep>(look);
  if (blind) return blind;
  const status = settleOperation(snapshot, now, settings);
  const settled = { ...look, snapshot: { ...snapshot, status } };
  if (snapshot.desired!.wanted === 'absent') return planRemoval(settled);
  if (status.isRollingBack || isHopeless(status)) return planRollback(settled);
  return planPresence(settled);
}

/** What was made is then taken down, and the reason is kept. */
function isHopeless(status: VirtualMachineStatus): boolean {
  const { state, failures, condition } = status;
  // A look that Azure refused says nothing of the creation.
  if (state !== 'creating' || failures === 0 || condition?.nextAction === lookAgain) return false;
  return isHopelessCode(condition?.code ?? '');
}

function planPresence(look: Look): VirtualMachinePlan {
  const { snapshot, now } = look;
  const { status, networkInterface, virtualMachine, agent } = snapshot;
  if ((networkInterface && !networkInterface.isOurs) || (virtualMachine && !virtualMachine.isOurs)) {
    const message =
      'A VM or network interface of this name that Muster did not make is in the resource group: choose another name, or remove it in Azure.';
    const condition = waitingFor(now, 'NameTakenInAzure', message);
    return planAhead(look, { status: { ...status, state: 'failed' }, condition });
  }
  if (isBefore(now, status.retryAt)) return planAhead(look, { status, condition: status.condition });
  if (status.operation) {
    const condition = waitingFor(now, 'OperationInProgress', 'Azure is creating it.');
    return planAhead(look, { status: unsettled(status), condition });
  }
  if (!networkInterface || networkInterface.provisioningState === 'Failed') {
    const condition = waitingFor(
      now,
      'CreatingNetworkInterface',
      'Azure is asked for the network interface.',
    );
    const steps: VirtualMachineStep[] = [{ kind: 'createNetworkInterface', input: {} }];
    return planAhead(look, { status: unsettled(status), condition, steps });
  }
  const address = { ...unsettled(status), privateIpAddress: networkInterface.privateIpAddress };
  if (!virtualMachine) {
    const condition = waitingFor(now, 'CreatingVirtualMachine', 'Azure is asked for the VM.');
    return planAhead(look, {
      status: { ...address, bootSince: null },
      condition,
      steps: [{ kind: 'createVirtualMachine', input: {} }],
    });
  }
  const hasWorked =
    agent?.agentId === virtualMachine.vmId && agent.state !== 'pending' && agent.state !== 'booting';
  if (virtualMachine.provisioningState === 'Failed' && !hasWorked) {
    const condition =
      status.condition ?? waitingFor(now, 'ProvisioningFailed', 'Azure could not provision the VM.');
    return planRollback({ ...look, snapshot: { ...snapshot, status: { ...address, condition } } });
  }
  if (virtualMachine.provisioningState !== 'Succeeded') {
    const message = `Azure says ${virtualMachine.provisioningState}.`;
    const condition = waitingFor(now, 'WaitingForVirtualMachine', message);
    return planAhead(look, { status: address, condition });
  }
  return planWorkers({ ...look, snapshot: { ...snapshot, status: address } });
}

/** Azure has the VM; from here on it is its agent that is waited for. */
function planWorkers(look: Look): VirtualMachinePlan {
  const { snapshot, now } = look;
  const { status, virtualMachine } = snapshot;
  const agent = snapshot.agent?.agentId === virtualMachine!.vmId ? snapshot.agent : null;
  if (agent?.state === 'lost') {
    const message = `Nothing was heard of its agent since ${agent.lastSeenAt}: it may have crashed, or hang. Its tasks wait until it is heard again; delete the VM if it is to be given up.`;
    return planAhead(look, { status, condition: waitingFor(now, 'AgentSilent', message) });
  }
  if (agent?.state === 'draining') {
    const condition = waitingFor(now, 'Draining', 'Its agent ends what runs, and takes nothing new.');
    return planAhead(look, { status, condition });
  }
  if (agent?.state !== 'enrolled') return planBoot(look, agent);
  if (agent.preparation?.state === 'failed') {
    const condition = waitingFor(now, 'EnvironmentFailed', agent.preparation.message);
    return planRollback({ ...look, snapshot: { ...snapshot, status: { ...status, condition } } });
  }
  if (agent.preparation) {
    const condition = waitingFor(now, 'MakingEnvironment', agent.preparation.message);
    return planAhead(look, { status, condition });
  }
  const ready: VirtualMachineStatus = {
    ...status,
    state: 'ready',
    failures: 0,
    retryAt: null,
    bootSince: null,
  };
  return planAhead(look, { status: ready, condition: null });
}

/** It boots: as long as it shows signs of that, and for the join limit after the last. */
function planBoot(look: Look, agent: VirtualMachineSnapshot['agent']): VirtualMachinePlan {
  const { snapshot, now, settings } = look;
  const bootSince = snapshot.status.bootSince ?? now.toISOString();
  const lastSignAt = agent && agent.lastSeenAt > bootSince ? agent.lastSeenAt : bootSince;
  const deadline = new Date(Date.parse(lastSignAt) + settings.joinLimitMs).toISOString();
  const stage = agent?.stage ? ` It is at: ${agent.stage}.` : '';
  const status = { ...snapshot.status, bootSince };
  if (isBefore(now, deadline)) {
    const message = `The VM runs; its agent has not enrolled yet.${stage}`;
    return planAhead(look, { status, condition: waitingFor(now, 'WaitingForWorkers', message) });
  }
  const seconds = Math.round(settings.joinLimitMs / 1000);
  const message = `Its agent did not enrol, and it showed no sign of its boot for ${seconds} s.${stage} Its boot log is under /boot-logs.`;
  const condition = waitingFor(now, 'JoinTimedOut', message);
  return planRollback({ ...look, snapshot: { ...snapshot, status: { ...status, condition } } });
}

function planRollback(look: Look): VirtualMachinePlan {
  const { snapshot } = look;
  const failure = snapshot.status.failure ?? snapshot.status.condition;
  const status: VirtualMachineStatus = { ...snapshot.status, isRollingBack: true, state: 'failed', failure };
  const steps = takeDown(look);
  // A deletion that failed on the way down is said while it is retried; then the reason stands again.
  const condition = isBefore(look.now, status.retryAt) ? status.condition : failure;
  return planAhead(look, { status, condition, steps });
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
  const isFree = steps.length > 0 ? { operation: null } : {};
  return planAhead(look, { status: { ...status, ...isFree }, condition, steps });
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

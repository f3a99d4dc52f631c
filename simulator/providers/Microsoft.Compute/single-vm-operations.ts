import { conflict } from '../../resource-manager/errors';
import type { ArmCall, ArmReply, ProviderOperation } from '../../resource-manager/provider';
import { startedReply } from '../../resource-manager/replies';
import { present } from '../../resource-manager/store';
import { isSpot, type VirtualMachine } from './models';
import {
  checkDeallocatable,
  checkNotRemoved,
  checkStartQuota,
  powerAction,
  type PowerAction,
} from './vm-actions';
import { evict, EVICTION_NOTICE_MS } from './vm-power';

interface VmOperation {
  status: number;
  work: () => Promise<void>;
  onFailure?: () => void;
}

/** A long-running operation on one VM; PUT and PATCH answer with the VM, POST and DELETE with nothing. */
export function startVmOperation(call: ArmCall, vm: VirtualMachine, plan: VmOperation): ArmReply {
  const body = plan.status === 202 ? {} : { body: structuredClone(present(vm)) };
  const operation = call.azure.operations.start({
    style: 'compute',
    location: vm.location ?? '',
    name: call.operationName,
    asyncError: call.asyncError,
    work: plan.work,
    ...(plan.onFailure ? { onFailure: plan.onFailure } : {}),
  });
  return startedReply(call, operation, { status: plan.status, ...body });
}

function power(call: ArmCall, vm: VirtualMachine, action: PowerAction): ArmReply {
  checkNotRemoved(vm, action);
  if (action === 'deallocate') checkDeallocatable(vm);
  if (action === 'start') checkStartQuota(call.azure, [vm]);
  return startVmOperation(call, vm, { status: 202, work: () => powerAction(call.azure, vm, action) });
}

function simulateEviction(call: ArmCall, vm: VirtualMachine): ArmReply {
  if (!isSpot(vm.properties))
    throw conflict(
      'OperationNotAllowed',
      "Operation 'simulateEviction' is allowed only for Spot Virtual Machines",
    );
  checkNotRemoved(vm, 'simulateEviction');
  void evict(call.azure, vm, EVICTION_NOTICE_MS).catch((error: unknown) =>
    process.stderr.write(`simulator: eviction of ${vm.id}: ${String(error)}\n`),
  );
  return { status: 204 };
}

/** Actions that a single VM and an instance of a uniform set have in common. */
export function singleVmActions(
  findVm: (call: ArmCall) => VirtualMachine,
  bucket: string,
): ProviderOperation[] {
  const actions: PowerAction[] = ['start', 'deallocate', 'powerOff', 'restart', 'reimage', 'redeploy'];
  const operation = (name: string, handle: ProviderOperation['handle']): ProviderOperation => ({
    name,
    method: 'POST',
    on: 'resource',
    action: name,
    bucket,
    handle,
  });
  return [
    ...actions.map((action) => operation(action, (call) => power(call, findVm(call), action))),
    operation('simulateEviction', (call) => simulateEviction(call, findVm(call))),
  ];
}

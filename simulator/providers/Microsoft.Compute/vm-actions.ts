import type { Azure } from '../../azure';
import { conflict } from '../../resource-manager/errors';
import { isSpot, type VirtualMachine } from './models';
import { powerOff, powerOn } from './vm-power';

export type PowerAction = 'start' | 'deallocate' | 'powerOff' | 'restart' | 'reimage' | 'redeploy';

export function checkDeallocatable(vm: VirtualMachine): void {
  if (!vm.properties.storageProfile?.osDisk?.diffDiskSettings) return;
  throw conflict(
    'OperationNotAllowed',
    "Operation 'deallocate' is not supported for VMs or VM Scale Set instances using an ephemeral OS disk.",
  );
}

export function checkNotRemoved(vm: VirtualMachine, action: string): void {
  if (vm.state.removal === undefined) return;
  throw conflict(
    'OperationNotAllowed',
    `Operation '${action}' is not allowed on VM '${vm.name}' since the VM is marked for deletion. You can only retry the Delete operation (or wait for an ongoing one to complete).`,
  );
}

/** A place in the datacentre, or the capacity error of Azure. */
export function takePlace(azure: Azure, vm: VirtualMachine): void {
  const { hardwareProfile } = vm.properties;
  azure.allocation.take({
    location: vm.location ?? '',
    size: hardwareProfile.vmSize ?? '',
    zone: vm.zones?.[0] ?? '',
    isSpot: isSpot(vm.properties),
  });
}

/** Deallocated VMs gave up their quota; to start they need it again. */
export function checkStartQuota(azure: Azure, vms: VirtualMachine[]): void {
  const wanted = vms
    .filter((vm) => vm.state.power === 'deallocated')
    .map((vm) => ({
      location: vm.location ?? '',
      size: vm.properties.hardwareProfile.vmSize ?? '',
      isSpot: isSpot(vm.properties),
    }));
  const location = wanted[0]?.location;
  if (location !== undefined) azure.quota.check(location, wanted);
}

/** A start asks the datacentre for a place again; the other actions keep the one the VM has. */
async function startAgain(azure: Azure, vm: VirtualMachine): Promise<void> {
  if (vm.state.power === 'deallocated') takePlace(azure, vm);
  await powerOn(azure, vm);
}

export async function powerAction(azure: Azure, vm: VirtualMachine, action: PowerAction): Promise<void> {
  const { properties } = vm;
  if (properties.provisioningState !== 'Deleting') properties.provisioningState = 'Updating';
  let outcome = 'Failed';
  try {
    if (action === 'start') await startAgain(azure, vm);
    else if (action === 'deallocate') await powerOff(azure, vm, 'deallocated');
    else if (action === 'powerOff') await powerOff(azure, vm, 'stopped');
    else {
      await powerOff(azure, vm, action === 'reimage' ? 'gone' : 'stopped');
      await powerOn(azure, vm);
    }
    outcome = 'Succeeded';
  } finally {
    if (properties.provisioningState !== 'Deleting') properties.provisioningState = outcome;
  }
}

import type { Azure } from '../../azure';
import type { MachineSpec } from '../../machines/contract';
import { type ArmError, conflict } from '../../resource-manager/errors';
import { parentId, resourceGroupOf, sameId } from '../../resource-manager/resource-id';
import { loopbackPrefix } from '../Microsoft.Network/addresses';
import { subnetPrefix } from '../Microsoft.Network/network-interface-records';
import { isSpot, SCALE_SET_VMS, type ScaleSet, type VirtualMachine } from './models';
import { releaseDisks } from './vm-disks';
import { interfacesOf, releaseInterfaces } from './vm-interfaces';

/** Lower bound of Azure's notice before a Spot VM is taken away. */
export const EVICTION_NOTICE_MS = 30_000;

export function preempted(): ArmError {
  return conflict('OperationPreempted', 'Operation execution has been preempted by a more recent operation.');
}

export function scaleSetOf(azure: Azure, vm: VirtualMachine): ScaleSet | undefined {
  const id = vm.type === SCALE_SET_VMS ? parentId(vm.id) : vm.properties.virtualMachineScaleSet?.id;
  return id === undefined ? undefined : azure.store.find<ScaleSet>(id);
}

function machineSpec(azure: Azure, vm: VirtualMachine): MachineSpec {
  const { properties, state } = vm;
  const nics = interfacesOf(azure, vm);
  const nic = nics.find((one) => one.properties.primary) ?? nics[0];
  const ip = nic?.properties.ipConfigurations[0];
  const subnetId = ip?.properties.subnet?.id ?? '';
  return {
    resourceId: vm.id,
    vmId: properties.vmId,
    name: vm.name,
    computerName: properties.osProfile?.computerName ?? vm.name,
    location: vm.location ?? '',
    zone: vm.zones?.[0] ?? '',
    vmSize: properties.hardwareProfile.vmSize ?? '',
    subscriptionId: azure.subscriptionId,
    resourceGroupName: resourceGroupOf(vm.id),
    vmScaleSetName: scaleSetOf(azure, vm)?.name ?? '',
    priority: properties.priority ?? '',
    evictionPolicy: properties.evictionPolicy ?? '',
    tags: vm.tags ?? {},
    adminUsername: properties.osProfile?.adminUsername ?? '',
    customData: state.customData,
    userData: state.userData,
    privateIpAddress: ip?.properties.privateIPAddress ?? '',
    macAddress: nic?.properties.macAddress ?? '',
    subnetPrefix: loopbackPrefix(subnetPrefix(azure, subnetId, nic?.id ?? '')),
    imageReference: properties.storageProfile?.imageReference ?? {},
    dataDisks: (properties.storageProfile?.dataDisks ?? []).map((disk) => ({
      lun: disk.lun,
      name: disk.name ?? '',
      sizeGb: disk.diskSizeGB ?? 0,
    })),
  };
}

function stamp(azure: Azure, vm: VirtualMachine): void {
  vm.state.statusTime = new Date(azure.clock.now()).toISOString();
}

/** Boots the VM. INVARIANT: whoever raises `turn` later wins; the boot it overtook ends as preempted. */
export async function powerOn(azure: Azure, vm: VirtualMachine): Promise<void> {
  const { state } = vm;
  if (state.power === 'running' && state.machine?.state() !== 'stopped') return;
  const turn = ++state.turn;
  state.power = 'starting';
  await azure.clock.sleep(azure.settings.bootDelayMs);
  if (state.turn !== turn) throw preempted();
  state.booting = azure.fleet.boot(machineSpec(azure, vm));
  try {
    state.machine = await state.booting;
  } catch (error) {
    if (state.turn === turn) state.power = 'stopped';
    throw error;
  } finally {
    state.booting = undefined;
  }
  if (state.turn !== turn) throw preempted();
  state.power = 'running';
  stamp(azure, vm);
}

/** Stops the processes at once. 'stopped' keeps the allocation (and its quota), 'deallocated' gives it up, 'gone' gives up the disk too. */
export async function powerOff(
  azure: Azure,
  vm: VirtualMachine,
  to: 'stopped' | 'deallocated' | 'gone',
): Promise<void> {
  const { state } = vm;
  const turn = ++state.turn;
  state.power = to === 'stopped' ? 'stopping' : 'deallocating';
  await state.booting?.catch(() => undefined);
  const { machine } = state;
  state.machine = undefined;
  if (machine) {
    state.consoleLog = await machine.consoleLog();
    await machine.powerOff({ keepDisk: to !== 'gone' });
  }
  if (state.turn !== turn) return;
  state.power = to === 'stopped' ? 'stopped' : 'deallocated';
  stamp(azure, vm);
}

/** Seconds of an ISO 8601 duration such as PT5M. */
function durationMs(text: string): number {
  const match = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(text);
  const [, hours = '0', minutes = '0', seconds = '0'] = match ?? [];
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}

async function notifyOfTermination(vm: VirtualMachine): Promise<void> {
  const profile = vm.properties.scheduledEventsProfile?.terminateNotificationProfile;
  if (!profile?.enable || isSpot(vm.properties)) return;
  await vm.state.machine?.scheduleEvent({
    type: 'Terminate',
    noticeMs: durationMs(profile.notBeforeTimeout ?? 'PT5M'),
    source: 'User',
  });
}

/** Deletes the VM and what belongs to it. A second call joins the first. */
export function removeVirtualMachine(
  azure: Azure,
  vm: VirtualMachine,
  options: { force?: boolean } = {},
): Promise<void> {
  vm.state.removal ??= remove(azure, vm, options.force === true).catch((error: unknown) => {
    vm.state.removal = undefined;
    vm.properties.provisioningState = 'Failed';
    throw error;
  });
  return vm.state.removal;
}

async function remove(azure: Azure, vm: VirtualMachine, isForced: boolean): Promise<void> {
  vm.properties.provisioningState = 'Deleting';
  if (!isForced) await notifyOfTermination(vm);
  await powerOff(azure, vm, 'gone');
  releaseInterfaces(azure, vm);
  releaseDisks(azure, vm, vm.type === SCALE_SET_VMS ? 'Delete' : 'Detach');
  azure.store.delete(vm.id);
}

/** The set shrinks with a VM that leaves it by another way than a change of capacity. */
export function leaveScaleSet(azure: Azure, vm: VirtualMachine): void {
  const set = scaleSetOf(azure, vm);
  if (set?.sku?.capacity === undefined || vm.state.isSurplus || vm.state.removal) return;
  set.sku.capacity = Math.max(0, set.sku.capacity - 1);
}

/** Announces the eviction inside the VM, waits for approval or the end of the notice, then takes the VM away by its policy. */
export async function evict(azure: Azure, vm: VirtualMachine, noticeMs: number): Promise<void> {
  const { machine } = vm.state;
  await machine?.scheduleEvent({ type: 'Preempt', noticeMs, source: 'Platform' });
  const isCurrent =
    azure.store.find<VirtualMachine>(vm.id) === vm &&
    vm.state.removal === undefined &&
    vm.state.machine === machine;
  if (!isCurrent) return;
  if (vm.properties.evictionPolicy === 'Delete') {
    leaveScaleSet(azure, vm);
    await removeVirtualMachine(azure, vm, { force: true });
  } else await powerOff(azure, vm, 'deallocated');
}

/** Virtual machines in a scale set: the instances of a uniform one, the attached VMs of a flexible one. */
export function instancesOf(azure: Azure, set: ScaleSet): VirtualMachine[] {
  if (set.properties.orchestrationMode === 'Uniform')
    return azure.store.list<VirtualMachine>(SCALE_SET_VMS, set.id);
  return azure.store
    .list<VirtualMachine>('Microsoft.Compute/virtualMachines')
    .filter((vm) => sameId(vm.properties.virtualMachineScaleSet?.id ?? '', set.id));
}

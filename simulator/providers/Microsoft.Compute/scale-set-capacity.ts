import type { Azure } from '../../azure';
import { createInstance, type InstanceWish } from './scale-set-instances';
import { isSpot, type Priority, type ScaleSet, type VirtualMachine } from './models';
import type { QuotaConsumer } from './quota';
import { forgetVirtualMachine } from './vm-create';
import { takePlace } from './vm-actions';
import { instancesOf, powerOn, removeVirtualMachine } from './vm-power';

/** Overprovisioning starts up to a fifth more than asked. */
const SURPLUS_SHARE = 0.2;

/** What a change of capacity comes to. */
export interface CapacityChange {
  wishes: InstanceWish[];
  victims: VirtualMachine[];
}

function members(azure: Azure, set: ScaleSet): VirtualMachine[] {
  return instancesOf(azure, set).filter((vm) => vm.state.removal === undefined && !vm.state.isSurplus);
}

export function planCapacity(azure: Azure, set: ScaleSet): CapacityChange {
  const present = members(azure, set);
  const missing = set.properties.virtualMachineProfile ? (set.sku?.capacity ?? 0) - present.length : 0;
  if (missing < 0) return { wishes: [], victims: pickVictims(set, present, -missing) };
  const priorities = missing === 0 ? [] : pickPriorities(set, present, missing);
  return { wishes: addSurplus(set, priorities), victims: [] };
}

/** Extra instances are scattered among the asked ones, so that their disappearance leaves gaps in the ids. */
function addSurplus(set: ScaleSet, priorities: (Priority | undefined)[]): InstanceWish[] {
  const wishes: InstanceWish[] = priorities.map((priority) => ({ priority, isSurplus: false }));
  const isOver = set.properties.orchestrationMode === 'Uniform' && set.properties.overprovision === true;
  const surplus = isOver ? Math.ceil(wishes.length * SURPLUS_SHARE) : 0;
  for (let extra = 0; extra < surplus; extra++) {
    const place = Math.floor(((extra + 0.5) * wishes.length) / surplus);
    wishes.splice(place, 0, { priority: wishes[0]?.priority, isSurplus: true });
  }
  return wishes;
}

/** Spot priority mix: regular = base + floor((capacity - base) * percentage / 100), the rest Spot, Spot refilled first. */
function pickPriorities(set: ScaleSet, present: VirtualMachine[], missing: number): (Priority | undefined)[] {
  const mix = set.properties.priorityMixPolicy;
  if (!mix) return Array.from({ length: missing }, () => undefined);
  const capacity = present.length + missing;
  const base = Math.min(mix.baseRegularPriorityCount ?? 0, capacity);
  const regularGoal =
    base + Math.floor(((capacity - base) * (mix.regularPriorityPercentageAboveBase ?? 0)) / 100);
  const spotNow = present.filter((vm) => isSpot(vm.properties)).length;
  const spotMissing = Math.min(missing, Math.max(0, capacity - regularGoal - spotNow));
  return Array.from({ length: missing }, (_, index) => (index < spotMissing ? 'Spot' : 'Regular'));
}

function pickVictims(set: ScaleSet, present: VirtualMachine[], count: number): VirtualMachine[] {
  const candidates = present.filter((vm) => vm.properties.protectionPolicy?.protectFromScaleIn !== true);
  const rule = set.properties.scaleInPolicy?.rules?.[0] ?? 'Default';
  const age = rule === 'OldestVM' ? 1 : -1;
  candidates.sort((a, b) => age * (a.state.sequence - b.state.sequence));
  if (rule !== 'Default') return candidates.slice(0, count);
  const victims: VirtualMachine[] = [];
  while (victims.length < count && candidates.length > 0) victims.push(takeFromFullestZone(candidates));
  return victims;
}

/** The default rule keeps zones balanced and takes the newest of the fullest one. */
function takeFromFullestZone(candidates: VirtualMachine[]): VirtualMachine {
  const counts = new Map<string, number>();
  for (const vm of candidates) counts.set(vm.zones?.[0] ?? '', (counts.get(vm.zones?.[0] ?? '') ?? 0) + 1);
  const most = Math.max(...counts.values());
  const index = candidates.findIndex((vm) => counts.get(vm.zones?.[0] ?? '') === most);
  const [victim] = candidates.splice(index, 1);
  if (!victim) throw new Error('no candidate left');
  return victim;
}

export function quotaOf(set: ScaleSet, wishes: InstanceWish[]): QuotaConsumer[] {
  const size = set.sku?.name ?? '';
  const fallback = set.properties.virtualMachineProfile?.priority;
  return wishes
    .filter((wish) => !wish.isSurplus)
    .map((wish) => ({
      location: set.location ?? '',
      size,
      isSpot: isSpot({ priority: wish.priority ?? fallback }),
    }));
}

/** Writes the records of all new instances; none of them when one cannot be written. */
export function createInstances(azure: Azure, set: ScaleSet, wishes: InstanceWish[]): VirtualMachine[] {
  const created: VirtualMachine[] = [];
  try {
    for (const wish of wishes) created.push(createInstance(azure, set, wish));
  } catch (error) {
    for (const vm of created) forgetVirtualMachine(azure, vm);
    throw error;
  }
  return created;
}

/** Those of a failed write that never got hardware. */
export function forgetUnallocated(azure: Azure, created: VirtualMachine[]): void {
  for (const vm of created) {
    if (vm.state.power === 'none' && azure.store.find(vm.id) === vm) forgetVirtualMachine(azure, vm);
  }
}

/** Allocates and boots one VM. Capacity errors take the record back; boot errors leave it behind, Failed. */
export async function provision(azure: Azure, vm: VirtualMachine): Promise<void> {
  takePlace(azure, vm);
  try {
    await powerOn(azure, vm);
    if (vm.properties.provisioningState !== 'Deleting') vm.properties.provisioningState = 'Succeeded';
  } catch (error) {
    if (vm.properties.provisioningState !== 'Deleting') vm.properties.provisioningState = 'Failed';
    throw error;
  }
}

/** Boots the new instances and removes the victims. Partial success is possible; the first error is thrown once all have ended. */
export async function carryOut(
  azure: Azure,
  created: VirtualMachine[],
  victims: VirtualMachine[],
): Promise<void> {
  const removals = victims.map((vm) => removeVirtualMachine(azure, vm));
  const surplus = created.filter((vm) => vm.state.isSurplus);
  const boots = created.map(async (vm) => {
    try {
      await provision(azure, vm);
    } catch (error) {
      // Whoever deleted an instance during its creation did not make the creation fail.
      if (vm.state.removal === undefined && !vm.state.isSurplus) throw error;
    }
  });
  const results = await Promise.allSettled(boots);
  await Promise.all([...removals, ...surplus.map((vm) => removeVirtualMachine(azure, vm, { force: true }))]);
  forgetUnallocated(azure, created);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

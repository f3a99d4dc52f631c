import type { VirtualMachine, VirtualMachineScaleSetVM } from '@azure/arm-compute';
import type { AzureResource, InstanceList, InstanceObservation } from '../ports';
import type { Arm } from './arm';
import { isSameId, listPagesIfThere, scaleSetIdOf } from './resource-reading';

export async function listUniform(arm: Arm, scaleSet: AzureResource): Promise<InstanceList> {
  const { subscriptionId, resourceGroup, name } = scaleSet;
  const client = arm.compute(subscriptionId).virtualMachineScaleSetVMs;
  const { items, pages } = await listPagesIfThere(() => client.list(resourceGroup, name, arm.callOptions()));
  return { instances: items.map((instance) => observe(instance, instance.instanceId)), pages };
}

/** Instances of a Flexible set are plain VMs of the group that name their set. */
export async function listFlexible(arm: Arm, scaleSet: AzureResource): Promise<InstanceList> {
  const id = scaleSetIdOf(scaleSet);
  const filter = `'virtualMachineScaleSet/id' eq '${id}'`;
  const machines = arm.compute(scaleSet.subscriptionId).virtualMachines;
  const { items, pages } = await listPagesIfThere(() =>
    machines.list(scaleSet.resourceGroup, { ...arm.callOptions(), filter }),
  );
  const instances = items
    .filter((machine) => isSameId(machine.virtualMachineScaleSet?.id, id))
    .map((machine) => observe(machine, machine.name));
  return { instances, pages };
}

function observe(
  instance: VirtualMachineScaleSetVM | VirtualMachine,
  instanceId: string | undefined,
): InstanceObservation {
  return {
    instanceId: instanceId ?? '',
    resourceId: instance.id ?? '',
    name: instance.name ?? '',
    vmId: instance.vmId ?? '',
    provisioningState: instance.provisioningState ?? '',
    timeCreated: instance.timeCreated?.toISOString() ?? null,
    priority: 'priority' in instance && isSpot(instance.priority) ? 'Spot' : 'Regular',
    zone: instance.zones?.[0] ?? '',
  };
}

/** `Low` is the name that Spot once had. */
function isSpot(priority: string | undefined): boolean {
  return priority === 'Spot' || priority === 'Low';
}

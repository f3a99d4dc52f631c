import type { VirtualMachine, VirtualMachineScaleSetVM } from '@azure/arm-compute';
import type { AzureResource, InstanceObservation } from '../ports';
import type { Arm } from './arm';
import { isSameId, listIfThere, scaleSetIdOf } from './resource-reading';

export async function listUniform(arm: Arm, scaleSet: AzureResource): Promise<InstanceObservation[]> {
  const { subscriptionId, resourceGroup, name } = scaleSet;
  const instances = arm.compute(subscriptionId).virtualMachineScaleSetVMs;
  const found = await listIfThere(() => instances.list(resourceGroup, name, arm.callOptions()));
  return found.map((instance) => observe(instance, instance.instanceId));
}

/** Instances of a Flexible set are plain VMs of the group that name their set. */
export async function listFlexible(arm: Arm, scaleSet: AzureResource): Promise<InstanceObservation[]> {
  const id = scaleSetIdOf(scaleSet);
  const filter = `'virtualMachineScaleSet/id' eq '${id}'`;
  const machines = arm.compute(scaleSet.subscriptionId).virtualMachines;
  const found = await listIfThere(() =>
    machines.list(scaleSet.resourceGroup, { ...arm.callOptions(), filter }),
  );
  return found
    .filter((machine) => isSameId(machine.virtualMachineScaleSet?.id, id))
    .map((machine) => observe(machine, machine.name));
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
  };
}

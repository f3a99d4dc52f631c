import type { VirtualMachine } from '@azure/arm-compute';
import type { AzureResource, Compute } from '../ports';
import type { Arm } from './arm';
import { submit } from './operations';
import { listIfThere, parseResourceId, readIfThere, submitUnlessGone } from './resource-reading';
import { toVirtualMachineModel } from './virtual-machine-model';

type VirtualMachines = Pick<
  Compute,
  'createVirtualMachine' | 'getVirtualMachine' | 'deleteVirtualMachine' | 'listDisks' | 'deleteDisk'
>;

export function createVirtualMachines(arm: Arm): VirtualMachines {
  const machines = ({ subscriptionId }: Pick<AzureResource, 'subscriptionId'>) =>
    arm.compute(subscriptionId).virtualMachines;
  return {
    async createVirtualMachine(virtualMachine, options) {
      const { resourceGroup, name } = virtualMachine;
      const model = toVirtualMachineModel(name, options);
      return submit(arm, (call) => machines(virtualMachine).createOrUpdate(resourceGroup, name, model, call));
    },

    async getVirtualMachine(virtualMachine) {
      const { resourceGroup, name } = virtualMachine;
      const found = await readIfThere(() =>
        machines(virtualMachine).get(resourceGroup, name, arm.callOptions()),
      );
      if (!found) return undefined;
      return {
        resourceId: found.id ?? '',
        provisioningState: found.provisioningState ?? '',
        vmId: found.vmId ?? '',
        tags: found.tags ?? {},
        diskIds: diskIdsOf(found),
      };
    },

    async deleteVirtualMachine(virtualMachine) {
      const { resourceGroup, name } = virtualMachine;
      return submitUnlessGone(() =>
        submit(arm, (call) =>
          machines(virtualMachine).delete(resourceGroup, name, { ...call, forceDeletion: true }),
        ),
      );
    },

    async listDisks(place, tag) {
      const { disks } = arm.compute(place.subscriptionId);
      const found = await listIfThere(() =>
        disks.listByResourceGroup(place.resourceGroup, arm.callOptions()),
      );
      return found.filter((disk) => hasTag(disk.tags, tag)).map((disk) => disk.id ?? '');
    },

    async deleteDisk(diskId) {
      const { subscriptionId, resourceGroup, name } = parseResourceId(diskId);
      return submitUnlessGone(() =>
        submit(arm, (call) => arm.compute(subscriptionId).disks.delete(resourceGroup, name, call)),
      );
    },
  };
}

function diskIdsOf({ storageProfile }: VirtualMachine): string[] {
  const disks = [storageProfile?.osDisk, ...(storageProfile?.dataDisks ?? [])];
  return disks.flatMap((disk) => disk?.managedDisk?.id ?? []);
}

/** Azure ignores the case of a tag's name, not of its value. */
function hasTag(tags: Record<string, string> | undefined, tag: { name: string; value: string }): boolean {
  return Object.entries(tags ?? {}).some(
    ([name, value]) => name.toLowerCase() === tag.name.toLowerCase() && value === tag.value,
  );
}

import type { AzureResource, Network } from '../ports';
import type { Arm } from './arm';
import { toNetworkInterfaceModel } from './network-interface-model';
import { submit } from './operations';
import { readIfThere, submitUnlessGone } from './resource-reading';

export function createNetwork(arm: Arm): Network {
  const interfaces = ({ subscriptionId }: AzureResource) => arm.network(subscriptionId).networkInterfaces;
  return {
    async createNetworkInterface(networkInterface, { body, tags }) {
      const { resourceGroup, name } = networkInterface;
      const model = toNetworkInterfaceModel(body, tags);
      return submit(arm, (call) =>
        interfaces(networkInterface).createOrUpdate(resourceGroup, name, model, call),
      );
    },

    async getNetworkInterface(networkInterface) {
      const { resourceGroup, name } = networkInterface;
      const found = await readIfThere(() =>
        interfaces(networkInterface).get(resourceGroup, name, arm.callOptions()),
      );
      if (!found) return undefined;
      return {
        resourceId: found.id ?? '',
        provisioningState: found.provisioningState ?? '',
        privateIpAddress: found.ipConfigurations?.[0]?.privateIPAddress ?? null,
        virtualMachineId: found.virtualMachine?.id ?? null,
        tags: found.tags ?? {},
      };
    },

    async deleteNetworkInterface(networkInterface) {
      const { resourceGroup, name } = networkInterface;
      return submitUnlessGone(() =>
        submit(arm, (call) => interfaces(networkInterface).delete(resourceGroup, name, call)),
      );
    },
  };
}

import { NETWORK_VERSIONS, SCALE_SET_NETWORK_VERSIONS } from '../../resource-manager/api-versions';
import { ArmError } from '../../resource-manager/errors';
import type { ArmCall, ResourceProvider } from '../../resource-manager/provider';
import { page, ok } from '../../resource-manager/replies';
import { present, type ArmResource } from '../../resource-manager/store';
import { find, scopeOf, trackedResource } from '../../resource-manager/tracked-resource';
import {
  completeInterface,
  releaseInterface,
  SCALE_SET_INTERFACES,
  type NetworkInterface,
} from './network-interface-records';

function checkDetached(_call: ArmCall, resource: ArmResource): void {
  const nic = resource as unknown as NetworkInterface;
  const user = nic.properties.virtualMachine?.id;
  if (!user) return;
  const message = `Network Interface ${nic.id} is used by existing resource ${user}. In order to delete the network interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.`;
  throw new ArmError(400, 'NicInUse', { message, details: [] });
}

export const networkInterfaces = trackedResource({
  namespace: 'Microsoft.Network',
  type: 'networkInterfaces',
  apiVersions: NETWORK_VERSIONS,
  shape: 'NetworkInterface',
  style: 'network',
  complete: (call, resource, existing) =>
    completeInterface(
      call.azure,
      resource as unknown as NetworkInterface,
      existing as unknown as NetworkInterface | undefined,
    ),
  checkDeletable: checkDetached,
  onDeleted: (call, resource) => releaseInterface(call.azure, resource as unknown as NetworkInterface),
});

/** Read-only views of the interfaces of uniform instances: of one instance, and of the whole set. */
export const scaleSetVmInterfaces: ResourceProvider = {
  namespace: 'Microsoft.Compute',
  type: 'virtualMachineScaleSets/virtualMachines/networkInterfaces',
  apiVersions: SCALE_SET_NETWORK_VERSIONS,
  operations: [
    { name: 'get', method: 'GET', on: 'resource', handle: (call) => ok(find(call)) },
    {
      name: 'list',
      method: 'GET',
      on: 'collection',
      handle: (call) => page(call, call.azure.store.list(SCALE_SET_INTERFACES, scopeOf(call)).map(present)),
    },
  ],
};

export const scaleSetInterfaces: ResourceProvider = {
  namespace: 'Microsoft.Compute',
  type: 'virtualMachineScaleSets/networkInterfaces',
  apiVersions: SCALE_SET_NETWORK_VERSIONS,
  operations: [
    {
      name: 'list',
      method: 'GET',
      on: 'collection',
      handle: (call) => page(call, call.azure.store.list(SCALE_SET_INTERFACES, scopeOf(call)).map(present)),
    },
  ],
};

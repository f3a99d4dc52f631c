import { NETWORK_VERSIONS } from '../../resource-manager/api-versions';
import { ArmError } from '../../resource-manager/errors';
import { sameId } from '../../resource-manager/resource-id';
import { trackedResource } from '../../resource-manager/tracked-resource';
import { INTERFACES, type NetworkInterface } from './network-interface-records';

let nextHost = 4;

/** Public addresses are names only: nothing listens on them. */
export const publicIPAddresses = trackedResource({
  namespace: 'Microsoft.Network',
  type: 'publicIPAddresses',
  apiVersions: NETWORK_VERSIONS,
  shape: 'PublicIPAddress',
  style: 'network',
  complete: (_call, resource, existing) => {
    const { properties } = resource;
    resource.sku ??= { name: 'Basic', tier: 'Regional' };
    properties['publicIPAllocationMethod'] ??= 'Dynamic';
    properties['publicIPAddressVersion'] ??= 'IPv4';
    properties['idleTimeoutInMinutes'] ??= 4;
    if (properties['publicIPAllocationMethod'] !== 'Static') return;
    // 203.0.113.0/24 is reserved for documentation, so it never means somebody.
    properties['ipAddress'] = existing?.properties['ipAddress'] ?? `203.0.113.${(nextHost++ % 250) + 1}`;
  },
  checkDeletable: (call, resource) => {
    const user = call.azure.store
      .list<NetworkInterface>(INTERFACES)
      .flatMap((nic) => nic.properties.ipConfigurations)
      .find((ip) => sameId(ip.properties.publicIPAddress?.id ?? '', resource.id));
    if (!user) return;
    const message = `Public IP address ${resource.id} can not be deleted since it is still allocated to resource ${user.id ?? ''}. In order to delete the public IP, disassociate/detach the Public IP address from the resource.`;
    throw new ArmError(400, 'PublicIPAddressCannotBeDeleted', { message, details: [] });
  },
});

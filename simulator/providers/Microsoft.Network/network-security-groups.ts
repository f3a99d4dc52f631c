import { NETWORK_VERSIONS } from '../../resource-manager/api-versions';
import { ArmError } from '../../resource-manager/errors';
import { sameId } from '../../resource-manager/resource-id';
import { trackedResource } from '../../resource-manager/tracked-resource';
import { INTERFACES, type NetworkInterface } from './network-interface-records';

/** Kept and shown; no packet is filtered on loopback. */
export const networkSecurityGroups = trackedResource({
  namespace: 'Microsoft.Network',
  type: 'networkSecurityGroups',
  apiVersions: NETWORK_VERSIONS,
  shape: 'NetworkSecurityGroup',
  style: 'network',
  complete: (_call, resource) => {
    resource.properties['securityRules'] ??= [];
    resource.properties['defaultSecurityRules'] ??= [];
  },
  checkDeletable: (call, resource) => {
    const user = call.azure.store
      .list<NetworkInterface>(INTERFACES)
      .find((nic) => sameId(nic.properties.networkSecurityGroup?.id ?? '', resource.id));
    if (!user) return;
    const message = `Network security group ${resource.id} cannot be deleted because it is in use by the following resources: ${user.id}. In order to delete the Network security group, remove the association with the resource(s). To learn how to do this, see aka.ms/deletensg.`;
    throw new ArmError(400, 'InUseNetworkSecurityGroupCannotBeDeleted', { message, details: [] });
  },
});

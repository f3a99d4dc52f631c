import { badRequest, ArmError } from '../../resource-manager/errors';
import { NETWORK_VERSIONS } from '../../resource-manager/api-versions';
import type { ArmCall } from '../../resource-manager/provider';
import { parentId } from '../../resource-manager/resource-id';
import { present, type ArmResource } from '../../resource-manager/store';
import type { Azure } from '../../azure';
import { stampEtag, trackedResource } from '../../resource-manager/tracked-resource';
import { parsePrefix } from './addresses';
import { interfacesInSubnet } from './network-interface-records';

export interface SubnetProperties {
  addressPrefix?: string;
  addressPrefixes?: string[];
  provisioningState: string;
}

export type Subnet = ArmResource<SubnetProperties>;

const SUBNETS = 'Microsoft.Network/virtualNetworks/subnets';

function checkPrefix(resourceId: string, prefix: string | undefined): void {
  if (prefix !== undefined && parsePrefix(prefix)) return;
  const message = `Address prefix ${prefix ?? ''} of resource ${resourceId} is not formatted correctly. It should follow CIDR notation, for example 10.0.0.0/24.`;
  throw new ArmError(400, 'InvalidAddressPrefixFormat', { message, details: [] });
}

function checkSubnetPlace(network: ArmResource, subnet: ArmResource): void {
  const properties = subnet.properties as unknown as SubnetProperties;
  const prefix = properties.addressPrefix ?? properties.addressPrefixes?.[0];
  checkPrefix(subnet.id, prefix);
  const inner = parsePrefix(prefix ?? '');
  const space = (network.properties['addressSpace'] as { addressPrefixes?: string[] }).addressPrefixes ?? [];
  const isInside = space
    .map(parsePrefix)
    .some(
      (outer) =>
        inner && outer && inner.base >= outer.base && inner.base + inner.size <= outer.base + outer.size,
    );
  if (!isInside)
    throw new ArmError(400, 'NetcfgInvalidSubnet', {
      message: `Subnet '${subnet.name}' is not valid in virtual network '${network.name}'.`,
      details: [],
    });
}

function completeSubnet(subnet: ArmResource): void {
  const { properties } = subnet;
  properties['delegations'] ??= [];
  properties['privateEndpointNetworkPolicies'] ??= 'Disabled';
  properties['privateLinkServiceNetworkPolicies'] ??= 'Enabled';
  delete properties['resourceGuid'];
}

/** The network shows its subnets; both share one properties object, so their states move together. */
function showSubnets(azure: Azure, network: ArmResource): void {
  network.properties['subnets'] = azure.store.list<ArmResource>(SUBNETS, network.id).map(present);
}

function completeNetwork(_call: ArmCall, network: ArmResource): void {
  const { properties } = network;
  const space = properties['addressSpace'] as { addressPrefixes?: string[] } | undefined;
  if (!space?.addressPrefixes?.length)
    throw badRequest(
      'InvalidRequestFormat',
      'Virtual network addressSpace needs at least one address prefix.',
    );
  for (const prefix of space.addressPrefixes) checkPrefix(network.id, prefix);
  properties['enableDdosProtection'] ??= false;
  properties['virtualNetworkPeerings'] ??= [];
  const wanted = properties['subnets'] as
    { name?: string; properties?: Record<string, unknown> }[] | undefined;
  if (wanted) properties['subnets'] = wanted.map((one) => inlineSubnet(network, one));
}

function inlineSubnet(
  network: ArmResource,
  wanted: { name?: string; properties?: Record<string, unknown> },
): ArmResource {
  const name = wanted.name ?? 'default';
  const id = `${network.id}/subnets/${name}`;
  const subnet: ArmResource = {
    name,
    id,
    type: SUBNETS,
    properties: { ...wanted.properties, provisioningState: 'Succeeded' },
    state: {},
  };
  checkSubnetPlace(network, subnet);
  completeSubnet(subnet);
  stampEtag(subnet);
  return subnet;
}

/** Subnets of a PUT body replace the subnets there were; a body without the member keeps them. */
function saveInlineSubnets(call: ArmCall, network: ArmResource): void {
  const { store } = call.azure;
  const wanted = network.properties['subnets'] as ArmResource[] | undefined;
  if (wanted) {
    const kept = new Set(wanted.map((subnet) => subnet.id.toLowerCase()));
    for (const subnet of store.list<ArmResource>(SUBNETS, network.id)) {
      if (!kept.has(subnet.id.toLowerCase())) removeSubnet(call, subnet);
    }
    for (const subnet of wanted) store.put(subnet);
  }
  showSubnets(call.azure, network);
}

function removeSubnet(call: ArmCall, subnet: ArmResource): void {
  checkSubnetUnused(call, subnet);
  call.azure.store.delete(subnet.id);
}

function checkSubnetUnused(call: ArmCall, subnet: ArmResource): void {
  const user = interfacesInSubnet(call.azure, subnet.id)[0];
  if (!user) return;
  const configuration = user.properties.ipConfigurations[0]?.name ?? 'ipconfig';
  const message = `Subnet ${subnet.name} is in use by ${user.id}/ipConfigurations/${configuration} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.`;
  throw new ArmError(400, 'InUseSubnetCannotBeDeleted', { message, details: [] });
}

function networkOf(call: ArmCall, subnet: { id: string }): ArmResource {
  const id = parentId(subnet.id);
  const network = call.azure.store.find<ArmResource>(id);
  if (network) return network;
  const name = id.slice(id.lastIndexOf('/') + 1);
  throw new ArmError(
    404,
    'ParentResourceNotFound',
    `Can not perform requested operation on nested resource. Parent resource '${name}' not found.`,
  );
}

export const virtualNetworks = trackedResource({
  namespace: 'Microsoft.Network',
  type: 'virtualNetworks',
  apiVersions: NETWORK_VERSIONS,
  shape: 'VirtualNetwork',
  style: 'network',
  complete: completeNetwork,
  onSaved: saveInlineSubnets,
  checkDeletable: (call, network) => {
    for (const subnet of call.azure.store.list<ArmResource>(SUBNETS, network.id))
      checkSubnetUnused(call, subnet);
  },
  onDeleted: (call, network) => {
    for (const subnet of call.azure.store.list<ArmResource>(SUBNETS, network.id))
      call.azure.store.delete(subnet.id);
  },
});

export const subnets = trackedResource({
  namespace: 'Microsoft.Network',
  type: 'virtualNetworks/subnets',
  apiVersions: NETWORK_VERSIONS,
  shape: 'Subnet',
  style: 'network',
  isChild: true,
  complete: (call, subnet) => {
    checkSubnetPlace(networkOf(call, subnet), subnet);
    completeSubnet(subnet);
  },
  onSaved: (call, subnet) => showSubnets(call.azure, networkOf(call, subnet)),
  checkDeletable: checkSubnetUnused,
  onDeleted: (call, subnet) => showSubnets(call.azure, networkOf(call, subnet)),
});

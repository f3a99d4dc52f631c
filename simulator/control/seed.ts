import type { Azure } from '../azure';
import { putResourceGroup } from '../providers/Microsoft.Resources/resource-groups';
import type { ArmResource } from '../resource-manager/store';

/** What a subscription needs before the first VM: a resource group, a network with one subnet, a gallery image. */
export interface SeedRequest {
  resourceGroup?: string;
  location?: string;
  virtualNetwork?: string;
  subnet?: string;
  /** Address space (default: the simulator's own range); addresses really used lie in 127.0.0.0/8. */
  addressPrefix?: string;
  gallery?: string;
  image?: string;
}

export interface SeededIds {
  resourceGroupId: string;
  virtualNetworkId: string;
  subnetId: string;
  imageId: string;
}

function put(
  azure: Azure,
  id: string,
  rest: Pick<ArmResource, 'type' | 'properties'> & { location?: string },
): ArmResource {
  const existing = azure.store.find<ArmResource>(id);
  if (existing) return existing;
  const { location, ...shown } = rest;
  const resource: ArmResource = {
    name: id.slice(id.lastIndexOf('/') + 1),
    id,
    ...shown,
    ...(location === undefined ? {} : { location, tags: {} }),
    state: {},
  };
  azure.store.put(resource);
  return resource;
}

/** Makes what is missing and leaves what is there. */
export function seed(azure: Azure, request: SeedRequest = {}): SeededIds {
  const location = request.location ?? azure.locations[0] ?? 'westeurope';
  const group = putResourceGroup(azure, { name: request.resourceGroup ?? 'rg-muster', location });
  const addressPrefix = request.addressPrefix ?? azure.addressPrefix;
  const networkId = `${group.id}/providers/Microsoft.Network/virtualNetworks/${request.virtualNetwork ?? 'vnet-muster'}`;
  const subnet = put(azure, `${networkId}/subnets/${request.subnet ?? 'default'}`, {
    type: 'Microsoft.Network/virtualNetworks/subnets',
    properties: {
      provisioningState: 'Succeeded',
      addressPrefix,
      delegations: [],
      privateEndpointNetworkPolicies: 'Disabled',
      privateLinkServiceNetworkPolicies: 'Enabled',
    },
  });
  const { state: _none, ...shownSubnet } = subnet;
  put(azure, networkId, {
    type: 'Microsoft.Network/virtualNetworks',
    location,
    properties: {
      provisioningState: 'Succeeded',
      addressSpace: { addressPrefixes: [addressPrefix] },
      subnets: [shownSubnet],
      virtualNetworkPeerings: [],
      enableDdosProtection: false,
    },
  });
  return {
    resourceGroupId: group.id,
    virtualNetworkId: networkId,
    subnetId: subnet.id,
    imageId: seedImage(azure, { groupId: group.id, location, request }),
  };
}

function seedImage(azure: Azure, where: { groupId: string; location: string; request: SeedRequest }): string {
  const { groupId, location, request } = where;
  const galleryId = `${groupId}/providers/Microsoft.Compute/galleries/${request.gallery ?? 'galmuster'}`;
  put(azure, galleryId, {
    type: 'Microsoft.Compute/galleries',
    location,
    properties: { provisioningState: 'Succeeded' },
  });
  const imageId = `${galleryId}/images/${request.image ?? 'linux'}`;
  const identifier = { publisher: 'muster', offer: 'linux', sku: 'standard' };
  put(azure, imageId, {
    type: 'Microsoft.Compute/galleries/images',
    location,
    properties: {
      provisioningState: 'Succeeded',
      osType: 'Linux',
      osState: 'Generalized',
      hyperVGeneration: 'V2',
      identifier,
    },
  });
  const publishingProfile = { targetRegions: [{ name: location, regionalReplicaCount: 1 }], replicaCount: 1 };
  put(azure, `${imageId}/versions/1.0.0`, {
    type: 'Microsoft.Compute/galleries/images/versions',
    location,
    properties: { provisioningState: 'Succeeded', publishingProfile, storageProfile: {} },
  });
  return imageId;
}

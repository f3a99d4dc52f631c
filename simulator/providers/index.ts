import type { ResourceProvider } from '../resource-manager/provider';
import { disks } from './Microsoft.Compute/disks';
import { galleries, galleryImages, galleryImageVersions, images } from './Microsoft.Compute/images';
import { scaleSetVirtualMachines } from './Microsoft.Compute/scale-set-vms';
import { skus } from './Microsoft.Compute/skus';
import { usages } from './Microsoft.Compute/usages';
import { scaleSetsByLocation, virtualMachineScaleSets } from './Microsoft.Compute/virtual-machine-scale-sets';
import { virtualMachines, virtualMachinesByLocation } from './Microsoft.Compute/virtual-machines';
import {
  networkInterfaces,
  scaleSetInterfaces,
  scaleSetVmInterfaces,
} from './Microsoft.Network/network-interfaces';
import { networkSecurityGroups } from './Microsoft.Network/network-security-groups';
import { publicIPAddresses } from './Microsoft.Network/public-ip-addresses';
import { subnets, virtualNetworks } from './Microsoft.Network/virtual-networks';
import { resourceGroups } from './Microsoft.Resources/resource-groups';
import { providersList, subscriptions } from './Microsoft.Resources/subscriptions';
import { operationProviders } from './operation-status';

/** Every resource provider of the simulator. What is not here answers 501. */
export const PROVIDERS: readonly ResourceProvider[] = [
  virtualMachineScaleSets,
  scaleSetVirtualMachines,
  scaleSetsByLocation,
  virtualMachines,
  virtualMachinesByLocation,
  disks,
  images,
  galleries,
  galleryImages,
  galleryImageVersions,
  skus,
  usages,
  networkInterfaces,
  scaleSetInterfaces,
  scaleSetVmInterfaces,
  virtualNetworks,
  subnets,
  networkSecurityGroups,
  publicIPAddresses,
  resourceGroups,
  subscriptions,
  providersList(() => PROVIDERS),
  ...operationProviders,
];

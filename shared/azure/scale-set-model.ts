import type {
  VirtualMachineScaleSet,
  VirtualMachineScaleSetNetworkConfiguration,
  VirtualMachineScaleSetStorageProfile,
  VirtualMachineScaleSetVMProfile,
} from '@azure/arm-compute';
import type { ScaleSetBody } from '../contracts';
import type { Compute } from '../ports';
import { linuxConfigurationOf } from './guest-model';

type Options = Parameters<Compute['createScaleSet']>[1];
type Profile = ScaleSetBody['properties']['virtualMachineProfile'];

/**
 * ARM's shape to the SDK's, which is flatter; the SDK drops what it does not know, so each property is named here. Flexible
 * sets need their networking API version and say themselves what is deleted with an instance; Uniform ones
 * always delete all of it, and refuse the property.
 */
export function toScaleSetModel(name: string, options: Options): VirtualMachineScaleSet {
  const { location, tags, zones, identity, sku, properties } = options.body;
  const isFlexible = properties.orchestrationMode === 'Flexible';
  return {
    location,
    tags: { ...tags, ...options.tags },
    zones,
    identity,
    sku: { name: sku.name, tier: sku.tier, capacity: options.capacity },
    orchestrationMode: properties.orchestrationMode,
    singlePlacementGroup: properties.singlePlacementGroup,
    // Azure's default is true: surplus VMs would enrol and vanish.
    overprovision: properties.overprovision ?? (isFlexible ? undefined : false),
    doNotRunExtensionsOnOverprovisionedVMs: properties.overprovision === true ? true : undefined,
    upgradePolicy: isFlexible ? undefined : { mode: 'Manual' },
    priorityMixPolicy: properties.priorityMixPolicy,
    platformFaultDomainCount: properties.platformFaultDomainCount ?? (isFlexible ? 1 : undefined),
    additionalCapabilities: properties.additionalCapabilities,
    virtualMachineProfile: {
      ...profileModel(properties.virtualMachineProfile, isFlexible),
      osProfile: osProfileModel(name, options),
    },
  };
}

function profileModel(profile: Profile, isFlexible: boolean): VirtualMachineScaleSetVMProfile {
  const interfaces = profile.networkProfile.networkInterfaceConfigurations;
  return {
    storageProfile: storageModel(profile.storageProfile, isFlexible),
    networkProfile: {
      networkInterfaceConfigurations: interfaces.map((one) => networkInterfaceModel(one, isFlexible)),
      networkApiVersion: isFlexible ? '2020-11-01' : undefined,
    },
    securityProfile: profile.securityProfile,
    priority: profile.priority,
    evictionPolicy: profile.evictionPolicy,
    billingProfile: profile.billingProfile,
    diagnosticsProfile: { bootDiagnostics: { enabled: true } },
  };
}

function osProfileModel(name: string, options: Options): VirtualMachineScaleSetVMProfile['osProfile'] {
  const template = options.body.properties.virtualMachineProfile.osProfile;
  const adminUsername = template?.adminUsername ?? options.guest.adminUsername;
  return {
    computerNamePrefix: options.computerNamePrefix,
    adminUsername,
    customData: options.guest.customData,
    linuxConfiguration: linuxConfigurationOf(options.guest, { adminUsername, resourceName: name }),
  };
}

function storageModel(
  storage: Profile['storageProfile'],
  isFlexible: boolean,
): VirtualMachineScaleSetStorageProfile {
  const deleteOption = isFlexible ? 'Delete' : undefined;
  const { osDisk, dataDisks } = storage;
  return {
    imageReference: storage.imageReference,
    osDisk: {
      createOption: osDisk?.createOption ?? 'FromImage',
      // An ephemeral disk takes no other caching.
      caching: osDisk?.caching ?? (osDisk?.diffDiskSettings ? 'ReadOnly' : 'ReadWrite'),
      diskSizeGB: osDisk?.diskSizeGB,
      diffDiskSettings: osDisk?.diffDiskSettings,
      managedDisk: { storageAccountType: osDisk?.managedDisk?.storageAccountType ?? 'Standard_LRS' },
      deleteOption,
    },
    dataDisks: dataDisks?.map((disk) => ({
      lun: disk.lun,
      createOption: disk.createOption,
      caching: disk.caching,
      diskSizeGB: disk.diskSizeGB,
      managedDisk: { storageAccountType: disk.managedDisk?.storageAccountType ?? 'Standard_LRS' },
      deleteOption,
    })),
  };
}

function networkInterfaceModel(
  configuration: Profile['networkProfile']['networkInterfaceConfigurations'][number],
  isFlexible: boolean,
): VirtualMachineScaleSetNetworkConfiguration {
  const { name, properties } = configuration;
  return {
    name,
    primary: properties.primary,
    enableAcceleratedNetworking: properties.enableAcceleratedNetworking,
    networkSecurityGroup: properties.networkSecurityGroup,
    deleteOption: isFlexible ? 'Delete' : undefined,
    ipConfigurations: properties.ipConfigurations.map((ip) => ({
      name: ip.name,
      subnet: ip.properties.subnet,
      primary: ip.properties.primary,
    })),
  };
}

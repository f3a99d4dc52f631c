import type { StorageProfile, VirtualMachine } from '@azure/arm-compute';
import type { VirtualMachineBody } from '../contracts';
import type { Compute } from '../ports';
import { linuxConfigurationOf } from './guest-model';

type Options = Parameters<Compute['createVirtualMachine']>[1];

/** ARM's shape to the SDK's, which is flatter; the SDK drops what it does not know, so each property is named here. */
export function toVirtualMachineModel(name: string, options: Options): VirtualMachine {
  const { location, tags, zones, identity, properties } = options.body;
  const adminUsername = properties.osProfile?.adminUsername ?? options.guest.adminUsername;
  return {
    location,
    tags: { ...tags, ...options.tags },
    zones,
    identity,
    hardwareProfile: properties.hardwareProfile,
    storageProfile: storageModel(name, properties.storageProfile),
    osProfile: {
      computerName: options.computerName,
      adminUsername,
      customData: options.guest.customData,
      linuxConfiguration: linuxConfigurationOf(options.guest, { adminUsername, resourceName: name }),
    },
    networkProfile: {
      networkInterfaces: [{ id: options.networkInterfaceId, primary: true, deleteOption: 'Delete' }],
    },
    securityProfile: properties.securityProfile,
    additionalCapabilities: properties.additionalCapabilities,
    priority: properties.priority,
    evictionPolicy: properties.evictionPolicy,
    billingProfile: properties.billingProfile,
    diagnosticsProfile: { bootDiagnostics: { enabled: true } },
  };
}

/** Disk names derive from the VM's: a repeated PUT names the same disks, and a left-over one tells whose it was. */
function storageModel(
  name: string,
  storage: VirtualMachineBody['properties']['storageProfile'],
): StorageProfile {
  const { osDisk, dataDisks } = storage;
  return {
    imageReference: storage.imageReference,
    osDisk: {
      name: `osdisk-${name}`,
      createOption: osDisk?.createOption ?? 'FromImage',
      // An ephemeral disk takes no other caching.
      caching: osDisk?.caching ?? (osDisk?.diffDiskSettings ? 'ReadOnly' : 'ReadWrite'),
      diskSizeGB: osDisk?.diskSizeGB,
      diffDiskSettings: osDisk?.diffDiskSettings,
      managedDisk: { storageAccountType: osDisk?.managedDisk?.storageAccountType ?? 'Standard_LRS' },
      deleteOption: 'Delete',
    },
    dataDisks: dataDisks?.map((disk) => ({
      name: `disk-${name}-${disk.lun}`,
      lun: disk.lun,
      createOption: disk.createOption,
      caching: disk.caching,
      diskSizeGB: disk.diskSizeGB,
      managedDisk: { storageAccountType: disk.managedDisk?.storageAccountType ?? 'Standard_LRS' },
      deleteOption: 'Delete',
    })),
  };
}

import type { MachineSpec } from '../contract';

export type Document = string | readonly Document[] | { readonly [key: string]: Document };

/** Every leaf is a string and what is absent is '', as IMDS writes them. */
export function instanceDocument(spec: MachineSpec): Document {
  return { compute: compute(spec), network: { interface: [networkInterface(spec)] } };
}

function compute(spec: MachineSpec): Document {
  const { imageReference } = spec;
  const tags = Object.entries(spec.tags);
  return {
    azEnvironment: 'AzurePublicCloud',
    additionalCapabilities: { hibernationEnabled: 'false' },
    // customData is write-only in Azure: the key is there and always empty.
    customData: '',
    evictionPolicy: spec.evictionPolicy,
    extendedLocation: { name: '', type: '' },
    host: { id: '' },
    hostGroup: { id: '' },
    isHostCompatibilityLayerVm: 'false',
    licenseType: '',
    location: spec.location,
    name: spec.name,
    offer: imageReference.offer ?? '',
    osProfile: {
      adminUsername: spec.adminUsername,
      computerName: spec.computerName,
      disablePasswordAuthentication: 'true',
    },
    osType: 'Linux',
    physicalZone: spec.zone === '' ? '' : `${spec.location}-az${spec.zone}`,
    placementGroupId: '',
    plan: { name: '', product: '', publisher: '' },
    platformFaultDomain: '0',
    platformSubFaultDomain: '',
    platformUpdateDomain: '0',
    priority: spec.priority,
    provider: 'Microsoft.Compute',
    publicKeys: [],
    publisher: imageReference.publisher ?? '',
    resourceGroupName: spec.resourceGroupName,
    resourceId: spec.resourceId,
    securityProfile: {
      encryptionAtHost: 'false',
      secureBootEnabled: 'false',
      securityType: '',
      virtualTpmEnabled: 'false',
    },
    sku: imageReference.sku ?? '',
    storageProfile: storageProfile(spec),
    subscriptionId: spec.subscriptionId,
    tags: tags.map(([name, value]) => `${name}:${value}`).join(';'),
    tagsList: tags.map(([name, value]) => ({ name, value })),
    userData: spec.userData,
    version: imageReference.version ?? '',
    virtualMachineScaleSet: { id: scaleSetId(spec) },
    vmId: spec.vmId,
    vmScaleSetName: spec.vmScaleSetName,
    vmSize: spec.vmSize,
    zone: spec.zone,
  };
}

function scaleSetId(spec: MachineSpec): string {
  if (spec.vmScaleSetName === '') return '';
  const group = `/subscriptions/${spec.subscriptionId}/resourceGroups/${spec.resourceGroupName}`;
  return `${group}/providers/Microsoft.Compute/virtualMachineScaleSets/${spec.vmScaleSetName}`;
}

function storageProfile(spec: MachineSpec): Document {
  const { imageReference } = spec;
  return {
    dataDisks: spec.dataDisks.map((disk) => ({
      bytesPerSecondThrottle: '',
      caching: 'None',
      createOption: 'Empty',
      diskCapacityBytes: String(disk.sizeGb * 1024 ** 3),
      diskSizeGB: String(disk.sizeGb),
      image: { uri: '' },
      isSharedDisk: 'false',
      isUltraDisk: 'false',
      lun: String(disk.lun),
      managedDisk: { id: '', storageAccountType: '' },
      name: disk.name,
      opsPerSecondThrottle: '',
      vhd: { uri: '' },
      writeAcceleratorEnabled: 'false',
    })),
    imageReference: {
      communityGalleryImageId: '',
      exactVersion: imageReference.version ?? '',
      id: imageReference.id ?? '',
      offer: imageReference.offer ?? '',
      publisher: imageReference.publisher ?? '',
      sharedGalleryImageId: '',
      sku: imageReference.sku ?? '',
      version: imageReference.version ?? '',
    },
    osDisk: {
      caching: 'ReadWrite',
      createOption: 'FromImage',
      diffDiskSettings: { option: '' },
      diskSizeGB: '30',
      encryptionSettings: {
        diskEncryptionKey: { secretUrl: '', sourceVault: { id: '' } },
        enabled: 'false',
        keyEncryptionKey: { keyUrl: '', sourceVault: { id: '' } },
      },
      image: { uri: '' },
      managedDisk: { id: '', storageAccountType: '' },
      name: `${spec.name}_OsDisk_1`,
      osType: 'Linux',
      vhd: { uri: '' },
      writeAcceleratorEnabled: 'false',
    },
    resourceDisk: { size: '' },
  };
}

function networkInterface(spec: MachineSpec): Document {
  const [address = '', prefix = ''] = spec.subnetPrefix.split('/');
  return {
    ipv4: {
      ipAddress: [{ privateIpAddress: spec.privateIpAddress, publicIpAddress: '' }],
      subnet: [{ address, prefix }],
    },
    ipv6: { ipAddress: [] },
    // IMDS writes the address without separators, in capitals.
    macAddress: spec.macAddress.replace(/[^0-9a-f]/gi, '').toUpperCase(),
  };
}

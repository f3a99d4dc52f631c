import type {
  BuilderDataDisk,
  NetworkInterfaceBuilder,
  NetworkInterfaceTemplate,
  ScaleSetBuilder,
  ScaleSetTemplate,
  VirtualMachineBuilder,
  VirtualMachineTemplate,
} from '../../contracts';

/** AzManagers' builder arguments to ARM bodies, its rows TPL-1 to TPL-4 and DSK-1. */

export function buildScaleSetTemplate(name: string, builder: ScaleSetBuilder): ScaleSetTemplate {
  const subnet = {
    id: subnetId({
      ...builder,
      resourcegroup_vnet: builder.resourcegroup_vnet || builder.resourcegroup,
    }),
  };
  return {
    ...placeAndBoot(builder),
    value: {
      location: builder.location,
      ...tagsOf(builder),
      sku: { name: builder.skuname, tier: builder.skutier },
      properties: {
        orchestrationMode: 'Uniform',
        singlePlacementGroup: false,
        ...capabilitiesOf(builder),
        virtualMachineProfile: {
          osProfile: { adminUsername: builder.admin_username },
          storageProfile: storageProfile(builder),
          securityProfile: { encryptionAtHost: builder.encryption_at_host },
          networkProfile: {
            networkInterfaceConfigurations: [
              { name, properties: { primary: true, ipConfigurations: [{ name, properties: { subnet } }] } },
            ],
          },
        },
      },
    },
  };
}

export function buildVirtualMachineTemplate(builder: VirtualMachineBuilder): VirtualMachineTemplate {
  return {
    ...placeAndBoot(builder),
    value: {
      location: builder.location,
      ...tagsOf(builder),
      properties: {
        hardwareProfile: { vmSize: builder.vmsize },
        ...capabilitiesOf(builder),
        storageProfile: storageProfile(builder),
        osProfile: { adminUsername: builder.admin_username },
        securityProfile: { encryptionAtHost: builder.encryption_at_host },
      },
    },
  };
}

export function buildNetworkInterfaceTemplate(builder: NetworkInterfaceBuilder): NetworkInterfaceTemplate {
  return {
    value: {
      location: builder.location,
      properties: {
        enableAcceleratedNetworking: builder.accelerated,
        ipConfigurations: [{ name: 'ipConfig1', properties: { subnet: { id: subnetId(builder) } } }],
      },
    },
  };
}

type Builder = ScaleSetBuilder | VirtualMachineBuilder;

function placeAndBoot({ subscriptionid, resourcegroup, tempdisk }: Builder) {
  return {
    subscriptionId: subscriptionid,
    resourceGroup: resourcegroup,
    ...(tempdisk && { bootCommands: [tempdisk] }),
  };
}

function tagsOf({ tags }: Builder): { tags?: Record<string, string> } {
  return Object.keys(tags).length > 0 ? { tags } : {};
}

function capabilitiesOf({ datadisks }: Builder): { additionalCapabilities?: { ultraSSDEnabled: true } } {
  const hasUltra = datadisks.some((disk) => disk.managedDisk.storageAccountType === 'UltraSSD_LRS');
  return hasUltra ? { additionalCapabilities: { ultraSSDEnabled: true } } : {};
}

function storageProfile(builder: Builder) {
  return {
    imageReference: { id: imageId(builder) },
    osDisk: {
      createOption: 'FromImage' as const,
      caching: 'ReadWrite' as const,
      diskSizeGB: builder.osdisksize,
      managedDisk: { storageAccountType: 'Standard_LRS' as const },
    },
    ...(builder.datadisks.length > 0 && { dataDisks: builder.datadisks.map(dataDisk) }),
  };
}

/** The LUN is the position, from 1, whatever was given. */
function dataDisk({ createOption, diskSizeGB, managedDisk, caching }: BuilderDataDisk, index: number) {
  return { lun: index + 1, createOption, diskSizeGB, managedDisk, ...(caching && { caching }) };
}

/** Without a version: the newest one of the image. */
function imageId(builder: Builder): string {
  const subscription = builder.subscriptionid_image || builder.subscriptionid;
  const group = builder.resourcegroup_image || builder.resourcegroup;
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Compute/galleries/${builder.imagegallery}/images/${builder.imagename}`;
}

function subnetId(network: Omit<NetworkInterfaceBuilder, 'accelerated' | 'location'>): string {
  const { subscriptionid, resourcegroup_vnet, vnet, subnet } = network;
  return `/subscriptions/${subscriptionid}/resourceGroups/${resourcegroup_vnet}/providers/Microsoft.Network/virtualNetworks/${vnet}/subnets/${subnet}`;
}

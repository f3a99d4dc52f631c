import { z } from 'zod';

/**
 * The part of ARM's request bodies that templates may hold, in ARM's own (wire) shape. Strict: a property that is not
 * here would be dropped without a word by the SDK's model, so it is refused instead (reference: Azure facts, section 1).
 * Muster sets by itself, and therefore refuses: sku.capacity, osProfile.customData, the SSH keys and the computer name.
 */
export const Tags = z.record(z.string().max(512), z.string().max(256));
export const Zones = z.array(z.enum(['1', '2', '3'])).max(3);
const Reference = z.strictObject({ id: z.string().startsWith('/subscriptions/') });

const ImageReference = z.union([
  Reference,
  z.strictObject({ publisher: z.string(), offer: z.string(), sku: z.string(), version: z.string() }),
]);

export const StorageAccountType = z.enum([
  'Standard_LRS',
  'StandardSSD_LRS',
  'StandardSSD_ZRS',
  'Premium_LRS',
  'Premium_ZRS',
  'PremiumV2_LRS',
  'UltraSSD_LRS',
]);
const ManagedDisk = z.strictObject({ storageAccountType: StorageAccountType.optional() });
export const Caching = z.enum(['None', 'ReadOnly', 'ReadWrite']);

const OsDisk = z.strictObject({
  createOption: z.literal('FromImage').default('FromImage'),
  caching: Caching.optional(),
  diskSizeGB: z.int().min(1).max(4095).optional(),
  managedDisk: ManagedDisk.optional(),
  diffDiskSettings: z
    .strictObject({
      option: z.literal('Local'),
      placement: z.enum(['CacheDisk', 'ResourceDisk', 'NvmeDisk']).optional(),
    })
    .optional(),
});

const DataDisk = z.strictObject({
  lun: z.int().min(0).max(63),
  createOption: z.literal('Empty').default('Empty'),
  caching: Caching.optional(),
  diskSizeGB: z.int().min(1).max(65_536).default(1023),
  managedDisk: ManagedDisk.optional(),
});

const StorageProfile = z.strictObject({
  imageReference: ImageReference,
  osDisk: OsDisk.optional(),
  dataDisks: z.array(DataDisk).max(64).optional(),
});
const SecurityProfile = z.strictObject({
  encryptionAtHost: z.boolean().optional(),
  securityType: z.enum(['TrustedLaunch', 'ConfidentialVM']).optional(),
  uefiSettings: z
    .strictObject({ secureBootEnabled: z.boolean().optional(), vTpmEnabled: z.boolean().optional() })
    .optional(),
});
const Identity = z.strictObject({
  type: z.enum(['SystemAssigned', 'UserAssigned', 'SystemAssigned, UserAssigned', 'None']),
  userAssignedIdentities: z.record(z.string(), z.strictObject({})).optional(),
});
const SpotFields = {
  priority: z.enum(['Regular', 'Spot']).optional(),
  evictionPolicy: z.enum(['Deallocate', 'Delete']).optional(),
  billingProfile: z.strictObject({ maxPrice: z.number() }).optional(),
};
const AdditionalCapabilities = z.strictObject({ ultraSSDEnabled: z.boolean().optional() });

const IpConfiguration = z.strictObject({
  name: z.string().min(1).max(80),
  properties: z.strictObject({ subnet: Reference, primary: z.boolean().optional() }),
});

/** Body of kind `network-interface`. */
export const NetworkInterfaceBody = z.strictObject({
  location: z.string().min(1),
  tags: Tags.optional(),
  properties: z.strictObject({
    enableAcceleratedNetworking: z.boolean().optional(),
    networkSecurityGroup: Reference.optional(),
    ipConfigurations: z.array(IpConfiguration).min(1).max(1),
  }),
});
export type NetworkInterfaceBody = z.infer<typeof NetworkInterfaceBody>;

/** Body of kind `virtual-machine`. The network interface comes from its own template. */
export const VirtualMachineBody = z.strictObject({
  location: z.string().min(1),
  tags: Tags.optional(),
  zones: Zones.optional(),
  identity: Identity.optional(),
  properties: z.strictObject({
    hardwareProfile: z.strictObject({ vmSize: z.string().min(1) }),
    storageProfile: StorageProfile,
    osProfile: z.strictObject({ adminUsername: z.string().optional() }).optional(),
    securityProfile: SecurityProfile.optional(),
    additionalCapabilities: AdditionalCapabilities.optional(),
    ...SpotFields,
  }),
});
export type VirtualMachineBody = z.infer<typeof VirtualMachineBody>;

const ScaleSetNetworkInterface = z.strictObject({
  name: z.string().min(1).max(80),
  properties: z.strictObject({
    primary: z.boolean().default(true),
    enableAcceleratedNetworking: z.boolean().optional(),
    networkSecurityGroup: Reference.optional(),
    ipConfigurations: z.array(IpConfiguration).min(1).max(1),
  }),
});

/** Body of kind `scale-set`. */
export const ScaleSetBody = z.strictObject({
  location: z.string().min(1),
  tags: Tags.optional(),
  zones: Zones.optional(),
  identity: Identity.optional(),
  sku: z.strictObject({ name: z.string().min(1), tier: z.enum(['Standard', 'Basic']).default('Standard') }),
  properties: z.strictObject({
    orchestrationMode: z.enum(['Uniform', 'Flexible']).default('Uniform'),
    singlePlacementGroup: z.boolean().default(false),
    overprovision: z.boolean().optional(),
    /** Flexible and Spot only. */
    priorityMixPolicy: z
      .strictObject({
        baseRegularPriorityCount: z.int().min(0).optional(),
        regularPriorityPercentageAboveBase: z.int().min(0).max(100).optional(),
      })
      .optional(),
    platformFaultDomainCount: z.int().min(1).max(5).optional(),
    additionalCapabilities: AdditionalCapabilities.optional(),
    virtualMachineProfile: z.strictObject({
      osProfile: z.strictObject({ adminUsername: z.string().optional() }).optional(),
      storageProfile: StorageProfile,
      networkProfile: z.strictObject({
        networkInterfaceConfigurations: z.array(ScaleSetNetworkInterface).min(1).max(1),
      }),
      securityProfile: SecurityProfile.optional(),
      ...SpotFields,
    }),
  }),
});
export type ScaleSetBody = z.infer<typeof ScaleSetBody>;

import { z } from 'zod';
import { Caching, StorageAccountType, Tags } from './arm-bodies';
import { LinuxUserName, ResourceGroupName } from './manifest';

/**
 * The builder form of a template: the arguments of AzManagers' `build_sstemplate`, `build_vmtemplate` and `build_nictemplate`,
 * spelt as there and with its defaults. An empty string means "the default", as there. The template's name is the route's.
 */
const name = z.string().regex(/^[-\w.]{1,80}$/, 'must be 1 to 80 letters, digits or -_.');
const orDefault = (schema: z.ZodType<string>) => z.union([schema, z.literal('')]).default('');

/** `lun` and `name` are taken and have no effect: the position says the one, the VM's name the other. */
const BuilderDataDisk = z.strictObject({
  createOption: z.literal('Empty').default('Empty'),
  diskSizeGB: z.int().min(1).max(65_536).default(1023),
  managedDisk: z
    .strictObject({ storageAccountType: StorageAccountType })
    .default({ storageAccountType: 'Premium_LRS' }),
  caching: Caching.optional(),
  lun: z.int().optional(),
  name: z.string().optional(),
});
export type BuilderDataDisk = z.infer<typeof BuilderDataDisk>;

/** As AzManagers' own, and may run at every boot. */
const defaultTempDisk = 'mkdir -p -m 777 /mnt/scratch\nln -sfn /mnt/scratch /scratch';

const common = {
  subscriptionid: z.guid(),
  resourcegroup: ResourceGroupName,
  admin_username: LinuxUserName,
  location: z.string().min(1),
  imagegallery: name,
  imagename: name,
  subscriptionid_image: orDefault(z.guid()),
  resourcegroup_image: orDefault(ResourceGroupName),
  resourcegroup_vnet: orDefault(ResourceGroupName),
  osdisksize: z.int().min(1).max(4095).default(60),
  /** LUNs go by position from 1, and Azure's end at 63. */
  datadisks: z.array(BuilderDataDisk).max(63).default([]),
  tempdisk: z.string().max(8192).default(defaultTempDisk),
  tags: Tags.default({}),
  encryption_at_host: z.boolean().default(false),
};

/** `build_sstemplate`. */
export const ScaleSetBuilder = z.strictObject({
  ...common,
  vnet: name,
  subnet: name,
  skuname: z.string().min(1),
  skutier: z.enum(['Standard', 'Basic']).default('Standard'),
});
export type ScaleSetBuilder = z.infer<typeof ScaleSetBuilder>;

/** `build_vmtemplate`. `nicname` and `resourcegroup_vnet` name a placeholder there and have no effect here. */
export const VirtualMachineBuilder = z.strictObject({
  ...common,
  vmsize: z.string().min(1),
  nicname: z.string().default('cbox-nic'),
});
export type VirtualMachineBuilder = z.infer<typeof VirtualMachineBuilder>;

/** `build_nictemplate`. */
export const NetworkInterfaceBuilder = z.strictObject({
  subscriptionid: z.guid(),
  resourcegroup_vnet: ResourceGroupName,
  vnet: name,
  subnet: name,
  location: z.string().min(1),
  accelerated: z.boolean().default(true),
});
export type NetworkInterfaceBuilder = z.infer<typeof NetworkInterfaceBuilder>;

/** The other PUT body of each kind. */
export const builderSchemas = {
  'scale-set': z.strictObject({ builder: ScaleSetBuilder }),
  'virtual-machine': z.strictObject({ builder: VirtualMachineBuilder }),
  'network-interface': z.strictObject({ builder: NetworkInterfaceBuilder }),
} as const;

import { z } from 'zod';
import { NetworkInterfaceBody, ScaleSetBody, VirtualMachineBody, Zones } from './arm-bodies';
import { GuestOptions } from './guest-options';
import { ResourceName } from './names';

export const TemplateKind = z.enum(['scale-set', 'virtual-machine', 'network-interface']);
export type TemplateKind = z.infer<typeof TemplateKind>;

/** Where the template's resources go; the manifest's where absent. */
const place = {
  subscriptionId: z.guid().optional(),
  resourceGroup: z.string().min(1).max(90).optional(),
};
/** Commands the VM runs as root before its agent starts (AzManagers' `tempdisk`). */
const boot = { bootCommands: z.array(z.string().min(1).max(8192)).max(50).optional() };

/** How VMs' own system is set up where the request does not say it. */
const guest = { guest: GuestOptions.optional() };

export const ScaleSetTemplate = z.strictObject({
  ...place,
  ...boot,
  ...guest,
  value: ScaleSetBody,
  /** Where Azure has no room: other zones, then other sizes, in this order. */
  alternatives: z
    .strictObject({
      zones: z.array(Zones.min(1)).max(8).default([]),
      sizes: z.array(z.string().min(1).max(100)).max(8).default([]),
    })
    .optional(),
});
export type ScaleSetTemplate = z.infer<typeof ScaleSetTemplate>;
export const VirtualMachineTemplate = z.strictObject({
  ...place,
  ...boot,
  ...guest,
  value: VirtualMachineBody,
});
export type VirtualMachineTemplate = z.infer<typeof VirtualMachineTemplate>;
/** Lies where its VM lies. */
export const NetworkInterfaceTemplate = z.strictObject({ value: NetworkInterfaceBody });
export type NetworkInterfaceTemplate = z.infer<typeof NetworkInterfaceTemplate>;

/** The PUT body of each kind. */
export const templateSchemas = {
  'scale-set': ScaleSetTemplate,
  'virtual-machine': VirtualMachineTemplate,
  'network-interface': NetworkInterfaceTemplate,
} as const;

export const TemplateView = z.object({
  kind: TemplateKind,
  name: ResourceName,
  updatedAt: z.string(),
  template: z.record(z.string(), z.unknown()),
});
export type TemplateView = z.infer<typeof TemplateView>;

import type {
  ResourceOptions,
  ScaleSetRequest,
  ScaleSetTemplate,
  SpotOptions,
  VirtualMachineTemplate,
} from '../../contracts';
import type { z } from 'zod';

type Placement = z.infer<z.ZodObject<typeof ResourceOptions>>;
type StorageProfile = VirtualMachineTemplate['value']['properties']['storageProfile'];
type ScaleSetOptions = Placement & Pick<ScaleSetRequest, 'spot' | 'overprovision'>;

/** The template as a request changes it; the one that is stored stays as it is. */
export function applyToScaleSet(template: ScaleSetTemplate, options: ScaleSetOptions): ScaleSetTemplate {
  const { value } = template;
  const profile = value.properties.virtualMachineProfile;
  const virtualMachineProfile = {
    ...profile,
    ...spotProfile(options.spot),
    storageProfile: withOsDiskSize(profile.storageProfile, options.osDiskSizeGb),
    ...adminOf(profile.osProfile, options.sshUser),
  };
  const properties = {
    ...value.properties,
    ...(options.overprovision !== undefined && { overprovision: options.overprovision }),
    ...mixOf(options.spot),
    virtualMachineProfile,
  };
  return { ...template, value: { ...value, ...tagsOf(value.tags, options.tags), properties } };
}

export function applyToVirtualMachine(
  template: VirtualMachineTemplate,
  options: Placement,
): VirtualMachineTemplate {
  const { value } = template;
  const properties = {
    ...value.properties,
    storageProfile: withOsDiskSize(value.properties.storageProfile, options.osDiskSizeGb),
    ...adminOf(value.properties.osProfile, options.sshUser),
  };
  return { ...template, value: { ...value, ...tagsOf(value.tags, options.tags), properties } };
}

function spotProfile(spot: SpotOptions | undefined) {
  if (!spot) return {};
  const { maxPrice, evictionPolicy } = spot;
  return { priority: 'Spot' as const, evictionPolicy, billingProfile: { maxPrice } };
}

/** VMs of both priorities are for Flexible sets alone, and those take no overprovisioning. */
function mixOf(spot: SpotOptions | undefined): Partial<ScaleSetTemplate['value']['properties']> {
  if (!spot || !isMixed(spot)) return {};
  return {
    orchestrationMode: 'Flexible',
    overprovision: undefined,
    platformFaultDomainCount: 1,
    priorityMixPolicy: {
      baseRegularPriorityCount: spot.baseRegularCount,
      regularPriorityPercentageAboveBase: spot.regularPercentageAboveBase,
    },
  };
}

export function isMixed(spot: SpotOptions): boolean {
  return (
    spot.baseRegularCount > 0 ||
    spot.regularPercentageAboveBase > 0 ||
    spot.fallbackToRegularAfterMs !== undefined
  );
}

function withOsDiskSize(profile: StorageProfile, sizeGb: number | undefined): StorageProfile {
  if (sizeGb === undefined) return profile;
  const osDisk = profile.osDisk ?? { createOption: 'FromImage' as const };
  return { ...profile, osDisk: { ...osDisk, diskSizeGB: sizeGb } };
}

function adminOf(
  osProfile: { adminUsername?: string } | undefined,
  sshUser: string | undefined,
): { osProfile?: { adminUsername: string } } {
  return sshUser === undefined ? {} : { osProfile: { ...osProfile, adminUsername: sshUser } };
}

function tagsOf(
  ofTemplate: Record<string, string> | undefined,
  asked: Record<string, string> | undefined,
): { tags?: Record<string, string> } {
  return asked ? { tags: { ...ofTemplate, ...asked } } : {};
}

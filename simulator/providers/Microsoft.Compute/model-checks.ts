import type { Azure } from '../../azure';
import {
  ArmError,
  badRequest,
  conflict,
  invalidParameter,
  notImplemented,
} from '../../resource-manager/errors';
import { isSpot, type VirtualMachineModel } from './models';
import { findSku } from './sku-table';

/** Azure's limit on the base64 text of customData and userData. */
const LONGEST_CUSTOM_DATA = 87_380;

/** Write-only parts of a model; ARM keeps them and never shows them again. */
export interface Secrets {
  customData: string | undefined;
  userData: string | undefined;
}

export function checkEnum(value: unknown, allowed: readonly string[], target: string): void {
  if (
    value === undefined ||
    value === null ||
    allowed.some((one) => one.toLowerCase() === String(value).toLowerCase())
  )
    return;
  throw invalidParameter(
    `The value '${String(value)}' of parameter '${target}' is not allowed. Allowed values are: ${allowed.join(',')}.`,
    target,
  );
}

export function requireParameter(value: unknown, name: string): void {
  if (value === undefined || value === null || value === '') {
    throw invalidParameter(`Required parameter '${name}' is missing (null).`, name);
  }
}

/** Size, zone and subscription restrictions: what Azure refuses at once. */
export function checkSize(
  azure: Azure,
  wanted: { size: string | undefined; location: string; zones: string[]; resource: string },
): void {
  const { size, location, zones, resource } = wanted;
  const sku = findSku(size);
  if (!sku) {
    throw invalidParameter(
      `The value ${size ?? ''} provided for the VM size is not valid. The valid sizes in the current region are listed by GET /subscriptions/{id}/providers/Microsoft.Compute/skus.`,
      'vmSize',
    );
  }
  const isMissingZone = zones.some((zone) => !sku.zones.includes(zone));
  if (isMissingZone || azure.allocation.isRestricted(location, sku.name)) {
    throw conflict(
      'SkuNotAvailable',
      `The requested size for resource '${resource}' is currently not available in location '${location}' zones '${zones.join(',')}' for subscription '${azure.subscriptionId}'. Please try another size or deploy to a different location or zones. See https://aka.ms/azureskunotavailable for details.`,
    );
  }
}

export function checkModel(
  azure: Azure,
  model: VirtualMachineModel,
  context: { size: string | undefined; location: string },
): void {
  checkEnum(model.priority, ['Regular', 'Low', 'Spot'], 'priority');
  checkEnum(model.evictionPolicy, ['Deallocate', 'Delete'], 'evictionPolicy');
  checkSpot(model, context.size);
  checkCustomData(model);
  checkImage(azure, model, context.location);
  checkCredentials(model);
}

function checkSpot(model: VirtualMachineModel, size: string | undefined): void {
  if (!isSpot(model)) {
    if (model.evictionPolicy === undefined) return;
    throw badRequest(
      'EvictionPolicyCanBeSetOnlyOnAzureSpotVirtualMachines',
      'Eviction policy can be set only on Azure Spot Virtual Machines.',
      'evictionPolicy',
    );
  }
  if (findSku(size)?.isSpotCapable === false) {
    throw badRequest(
      'VMSizeDoesntSupportAzureSpot',
      `The VM size '${size ?? ''}' does not support Azure Spot.`,
      'vmSize',
    );
  }
}

function isBase64(text: string): boolean {
  return (
    text.length <= LONGEST_CUSTOM_DATA &&
    /^[A-Za-z0-9+/\r\n]*={0,2}$/.test(text) &&
    text.replace(/\s/g, '').length % 4 === 0
  );
}

function checkCustomData(model: VirtualMachineModel): void {
  const custom = model.osProfile?.customData;
  if (custom !== undefined && !isBase64(custom)) {
    throw invalidParameter(
      `Custom data in OSProfile must be in Base64 encoding and with a maximum length of ${LONGEST_CUSTOM_DATA} characters.`,
      'customData',
    );
  }
  if (model.userData !== undefined && !isBase64(model.userData)) {
    throw invalidParameter(
      `User data in VirtualMachine must be in Base64 encoding and with a maximum length of ${LONGEST_CUSTOM_DATA} characters.`,
      'userData',
    );
  }
}

function checkImage(azure: Azure, model: VirtualMachineModel, location: string): void {
  const image = model.storageProfile?.imageReference;
  const isAttached = model.storageProfile?.osDisk?.createOption?.toLowerCase() === 'attach';
  if (!image) {
    if (isAttached) return;
    throw invalidParameter(
      "Required parameter 'storageProfile.imageReference' is missing (null).",
      'imageReference',
    );
  }
  if (image.id === undefined) {
    for (const part of ['publisher', 'offer', 'sku', 'version'] as const)
      requireParameter(image[part], `imageReference.${part}`);
    return;
  }
  if (azure.store.find(image.id)) return;
  if (/\/galleries\//i.test(image.id)) {
    throw new ArmError(404, 'GalleryImageNotFound', {
      message: `The gallery image ${image.id} is not available in ${location} region. Please contact image owner to replicate to this region, or change your requested region.`,
      target: 'imageReference',
    });
  }
  throw new ArmError(404, 'NotFound', {
    message: `The Image '${image.id}' cannot be found in '${location}' region.`,
    target: 'imageReference',
  });
}

function checkCredentials(model: VirtualMachineModel): void {
  const { osProfile } = model;
  if (!osProfile || osProfile.windowsConfiguration) return;
  requireParameter(osProfile.adminUsername, 'osProfile.adminUsername');
  const hasKey = (osProfile.linuxConfiguration?.ssh?.publicKeys ?? []).length > 0;
  if (!hasKey && !osProfile.adminPassword) {
    throw invalidParameter(
      'Authentication using either SSH or by user name and password must be enabled in Linux profile.',
      'linuxConfiguration',
    );
  }
}

/** Takes the write-only members out of a model, so that no answer can contain them. */
export function takeSecrets(model: VirtualMachineModel): Secrets {
  const secrets: Secrets = { customData: model.osProfile?.customData, userData: model.userData };
  delete model.userData;
  if (model.osProfile) {
    delete model.osProfile.customData;
    delete model.osProfile.adminPassword;
  }
  for (const extension of model.extensionProfile?.extensions ?? [])
    delete extension.properties?.protectedSettings;
  return secrets;
}

/** Parts of a model that would change what a VM does and are not simulated. */
export function checkSimulated(model: VirtualMachineModel): void {
  if (model.extensionProfile?.extensions?.length) throw notImplemented('virtual machine extensions');
  const { applicationProfile } = model as { applicationProfile?: { galleryApplications?: unknown[] } };
  if (applicationProfile?.galleryApplications?.length) throw notImplemented('virtual machine applications');
}

/** What Azure fills in when it is left out. */
export function completeModel(model: VirtualMachineModel): void {
  if (isSpot(model)) {
    model.evictionPolicy ??= 'Deallocate';
    model.billingProfile ??= { maxPrice: -1 };
  }
  const { osProfile, storageProfile } = model;
  if (osProfile) {
    osProfile['secrets'] ??= [];
    osProfile['allowExtensionOperations'] ??= true;
    osProfile['requireGuestProvisionSignal'] ??= true;
    if (osProfile.linuxConfiguration) {
      osProfile.linuxConfiguration.disablePasswordAuthentication ??= false;
      osProfile.linuxConfiguration['provisionVMAgent'] ??= true;
    }
  }
  if (storageProfile?.osDisk) {
    storageProfile.osDisk.osType ??= 'Linux';
    storageProfile.osDisk.caching ??= 'ReadWrite';
    storageProfile.osDisk.diskSizeGB ??= 30;
  }
}

import type { ImageSelection, ScaleSetTemplate, VirtualMachineTemplate } from '../../shared/contracts';
import { addressImage, chooseVersion, withImage, type Place } from '../../shared/domain';
import { ApiError, CloudFailure } from '../../shared/errors';
import type { GalleryImage, ImageVersionObservation } from '../../shared/ports';
import type { App } from '../app';

type StorageProfile = VirtualMachineTemplate['value']['properties']['storageProfile'];

/** The template with the image that the request selects, looked up now; as it is where none is selected. */
export async function selectScaleSetImage(
  app: App,
  template: ScaleSetTemplate,
  { image, place }: { image?: ImageSelection; place: Place },
): Promise<ScaleSetTemplate> {
  if (!image) return template;
  const { value } = template;
  const profile = value.properties.virtualMachineProfile;
  const storageProfile = await select(app, profile.storageProfile, {
    image,
    place,
    location: value.location,
  });
  const virtualMachineProfile = { ...profile, storageProfile };
  return { ...template, value: { ...value, properties: { ...value.properties, virtualMachineProfile } } };
}

export async function selectVirtualMachineImage(
  app: App,
  template: VirtualMachineTemplate,
  { image, place }: { image?: ImageSelection; place: Place },
): Promise<VirtualMachineTemplate> {
  if (!image) return template;
  const { value } = template;
  const storageProfile = await select(app, value.properties.storageProfile, {
    image,
    place,
    location: value.location,
  });
  return { ...template, value: { ...value, properties: { ...value.properties, storageProfile } } };
}

async function select<Profile extends StorageProfile>(
  app: App,
  profile: Profile,
  { image, place, location }: { image: ImageSelection; place: Place; location: string },
): Promise<Profile> {
  const address = addressImage(image, profile.imageReference, place);
  if ('missing' in address) {
    const message = "The template's image is not of a gallery: name the gallery and the image.";
    const details = address.missing.map((part) => ({
      code: 'MissingField',
      target: `image.${part}`,
      message: 'is needed here.',
    }));
    throw new ApiError(400, 'InvalidRequest', message, { details });
  }
  const versions = await listVersions(app, address);
  const version = chooseVersion(versions, { version: image.version, location });
  if (version) return withImage(profile, address, version);
  const what = `the image '${address.name}' of the gallery '${address.gallery}' (resource group ${address.resourceGroup}, subscription ${address.subscriptionId})`;
  const seen = versions.map(({ name }) => name).join(', ') || 'none that this app can see';
  const message = image.version
    ? `There is no version ${image.version} of ${what}; versions: ${seen}.`
    : `There is no version of ${what} that is ready in ${location} and not excluded from latest; versions: ${seen}.`;
  throw new ApiError(404, 'ImageNotFound', message, { target: image.version ? 'image.version' : 'image' });
}

async function listVersions(app: App, address: GalleryImage): Promise<ImageVersionObservation[]> {
  try {
    return await app.images.listVersions(address);
  } catch (error) {
    if (!(error instanceof CloudFailure)) throw error;
    const { isRetryable, retryAfterMs } = error.details;
    const message = `Azure did not answer which versions of the image there are: ${error.message} (${error.code})`;
    const options = { target: 'image', ...(isRetryable && { retryAfterMs: retryAfterMs ?? 5000 }) };
    throw new ApiError(isRetryable ? 503 : 422, error.code, message, options);
  }
}

import type { GalleryImageVersion } from '@azure/arm-compute';
import type { GalleryImage, Images, ImageVersionObservation } from '../ports';
import type { Arm } from './arm';
import { toCloudFailure } from './cloud-failure';

export function createImages(arm: Arm): Images {
  return { listVersions: (image) => listVersions(arm, image) };
}

async function listVersions(arm: Arm, image: GalleryImage): Promise<ImageVersionObservation[]> {
  const { subscriptionId, resourceGroup, gallery, name } = image;
  const { galleryImageVersions } = arm.compute(subscriptionId);
  const found: ImageVersionObservation[] = [];
  try {
    const pages = galleryImageVersions.listByGalleryImage(resourceGroup, gallery, name, arm.callOptions());
    for await (const version of pages) found.push(toObservation(version));
  } catch (error) {
    const failure = toCloudFailure(error);
    if (failure.details.statusCode === 404) return [];
    throw failure;
  }
  return found;
}

function toObservation(version: GalleryImageVersion): ImageVersionObservation {
  const { publishingProfile, storageProfile, provisioningState } = version;
  return {
    name: version.name ?? '',
    provisioningState: provisioningState ?? '',
    isExcludedFromLatest: publishingProfile?.excludeFromLatest ?? false,
    regions: publishingProfile?.targetRegions?.map((region) => region.name) ?? [],
    osDiskSizeGb: storageProfile?.osDiskImage?.sizeInGB ?? null,
  };
}

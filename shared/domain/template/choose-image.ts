import type { ImageSelection, VirtualMachineBody } from '../../contracts';

/** An image of a gallery by its parts. */
export interface ImageAddress {
  subscriptionId: string;
  resourceGroup: string;
  gallery: string;
  name: string;
}

interface ImageVersion {
  name: string;
  provisioningState: string;
  isExcludedFromLatest: boolean;
  regions: string[];
  osDiskSizeGb: number | null;
}

type StorageProfile = VirtualMachineBody['properties']['storageProfile'];

const galleryImage =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Compute\/galleries\/([^/]+)\/images\/([^/]+)(?:\/versions\/[^/]+)?$/i;

/**
 * The image that is asked for: what the selection leaves out is as in the template's image, where that lies in a gallery.
 * Answers the fields that nobody says where some are missing.
 */
export function addressImage(
  selection: ImageSelection,
  template: StorageProfile['imageReference'],
  place: Pick<ImageAddress, 'subscriptionId' | 'resourceGroup'>,
): ImageAddress | { missing: ('gallery' | 'name')[] } {
  const [, subscriptionId, resourceGroup, gallery, name] =
    ('id' in template && galleryImage.exec(template.id)) || [];
  const address = {
    subscriptionId: selection.subscriptionId ?? subscriptionId ?? place.subscriptionId,
    resourceGroup: selection.resourceGroup ?? resourceGroup ?? place.resourceGroup,
    gallery: selection.gallery ?? gallery,
    name: selection.name ?? name,
  };
  const { gallery: theGallery, name: theName } = address;
  if (theGallery && theName) return { ...address, gallery: theGallery, name: theName };
  return { missing: (['gallery', 'name'] as const).filter((part) => !address[part]) };
}

/** The version named; else the newest that may be taken in the region. */
export function chooseVersion<Version extends ImageVersion>(
  versions: readonly Version[],
  wanted: { version?: string; location: string },
): Version | undefined {
  if (wanted.version) return versions.find(({ name }) => compareVersions(name, wanted.version ?? '') === 0);
  const location = plainRegion(wanted.location);
  const eligible = versions.filter(
    ({ provisioningState, isExcludedFromLatest, regions }) =>
      provisioningState === 'Succeeded' &&
      !isExcludedFromLatest &&
      (regions.length === 0 || regions.some((region) => plainRegion(region) === location)),
  );
  return eligible.sort((a, b) => compareVersions(b.name, a.name))[0];
}

/** A new storage profile: this version, and an OS disk no smaller than the image's. */
export function withImage<Profile extends StorageProfile>(
  profile: Profile,
  address: ImageAddress,
  version: Pick<ImageVersion, 'name' | 'osDiskSizeGb'>,
): Profile {
  const { subscriptionId, resourceGroup, gallery, name } = address;
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/galleries/${gallery}/images/${name}/versions/${version.name}`;
  const { osDisk } = profile;
  // Where the template says no size Azure takes the image's.
  const isTooSmall = osDisk?.diskSizeGB !== undefined && osDisk.diskSizeGB < (version.osDiskSizeGb ?? 0);
  const resized = isTooSmall ? { osDisk: { ...osDisk, diskSizeGB: version.osDiskSizeGb } } : {};
  return { ...profile, imageReference: { id }, ...resized };
}

/** By their three numbers: 1.10.0 is newer than 1.9.0. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  const differences = (left ?? []).map((number, index) => number - (right?.[index] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}

function plainRegion(region: string): string {
  return region.replaceAll(' ', '').toLowerCase();
}

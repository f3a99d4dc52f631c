import { COMPUTE_VERSIONS, GALLERY_VERSIONS } from '../../resource-manager/api-versions';
import { ArmError } from '../../resource-manager/errors';
import { parentId } from '../../resource-manager/resource-id';
import type { ArmCall } from '../../resource-manager/provider';
import type { ArmResource } from '../../resource-manager/store';
import { trackedResource } from '../../resource-manager/tracked-resource';

/** Images are names that VMs may refer to; what boots is this machine's own root file system. */
export const images = trackedResource({
  namespace: 'Microsoft.Compute',
  type: 'images',
  apiVersions: COMPUTE_VERSIONS,
  shape: 'Image',
  style: 'compute',
});

const gallery = { namespace: 'Microsoft.Compute', apiVersions: GALLERY_VERSIONS, style: 'compute' } as const;

function checkParent(call: ArmCall, resource: ArmResource): void {
  const id = parentId(resource.id);
  if (call.azure.store.find(id)) return;
  throw new ArmError(
    404,
    'ParentResourceNotFound',
    `Can not perform requested operation on nested resource. Parent resource '${id.slice(id.lastIndexOf('/') + 1)}' not found.`,
  );
}

function checkEmpty(childType: string): (call: ArmCall, resource: ArmResource) => void {
  return (call, resource) => {
    const child = call.azure.store.list(childType, resource.id)[0];
    if (!child) return;
    throw new ArmError(
      409,
      'CannotDeleteResource',
      `Can not delete resource before nested resources are deleted. Nested resource '${child.id}' still exists.`,
    );
  };
}

export const galleries = trackedResource({
  ...gallery,
  type: 'galleries',
  shape: 'Gallery',
  checkDeletable: checkEmpty('Microsoft.Compute/galleries/images'),
});

export const galleryImages = trackedResource({
  ...gallery,
  type: 'galleries/images',
  shape: 'GalleryImage',
  complete: checkParent,
  checkDeletable: checkEmpty('Microsoft.Compute/galleries/images/versions'),
});

export const galleryImageVersions = trackedResource({
  ...gallery,
  type: 'galleries/images/versions',
  shape: 'GalleryImageVersion',
  complete: (call, resource) => {
    checkParent(call, resource);
    resource.properties['publishingProfile'] ??= {
      targetRegions: [{ name: resource.location ?? '', regionalReplicaCount: 1 }],
      replicaCount: 1,
    };
  },
});

import { DISK_VERSIONS } from '../../resource-manager/api-versions';
import { conflict } from '../../resource-manager/errors';
import { trackedResource } from '../../resource-manager/tracked-resource';
import { completeDisk, type Disk } from './vm-disks';

/** Managed disks: those of VMs appear with their VMs; others can be made here and attached. */
export const disks = trackedResource({
  namespace: 'Microsoft.Compute',
  type: 'disks',
  apiVersions: DISK_VERSIONS,
  shape: 'Disk',
  style: 'disk',
  createdStatus: 202,
  complete: (call, resource, existing) => {
    const disk = resource as unknown as Disk;
    if (existing?.managedBy !== undefined) disk.managedBy = existing.managedBy;
    disk.properties = { ...(existing?.properties as Disk['properties'] | undefined), ...disk.properties };
    completeDisk(call.azure, disk);
  },
  checkDeletable: (_call, disk) => {
    if (disk.managedBy === undefined) return;
    throw conflict('OperationNotAllowed', `Disk ${disk.name} is attached to VM ${disk.managedBy}.`);
  },
});

import { randomBytes, randomUUID } from 'node:crypto';
import type { Azure } from '../../azure';
import { badRequest, conflict } from '../../resource-manager/errors';
import { resourceGroupOf } from '../../resource-manager/resource-id';
import type { ArmResource } from '../../resource-manager/store';
import type { DataDisk, ManagedDisk, OsDisk, VirtualMachine } from './models';

export interface DiskProperties {
  provisioningState: string;
  diskState?: string;
  diskSizeGB?: number;
  diskSizeBytes?: number;
  timeCreated?: string;
  uniqueId?: string;
  osType?: string;
  creationData?: { createOption?: string; imageReference?: { id: string } };
  [member: string]: unknown;
}

export type Disk = ArmResource<DiskProperties>;

export const DISKS = 'Microsoft.Compute/disks';
const GIGABYTE = 2 ** 30;

export function completeDisk(azure: Azure, disk: Disk): void {
  const { properties } = disk;
  properties.diskSizeGB ??= 32;
  properties.diskSizeBytes = properties.diskSizeGB * GIGABYTE;
  properties.timeCreated ??= new Date(azure.clock.now()).toISOString();
  properties.uniqueId ??= randomUUID();
  properties.diskState ??= 'Unattached';
  properties['encryption'] ??= { type: 'EncryptionAtRestWithPlatformKey' };
  properties['networkAccessPolicy'] ??= 'AllowAll';
  properties['publicNetworkAccess'] ??= 'Enabled';
  const name = disk.sku?.name ?? 'Standard_LRS';
  disk.sku = { name, tier: name.startsWith('Premium') ? 'Premium' : 'Standard' };
}

function diskName(vm: VirtualMachine, wanted: string | undefined, kind: string): string {
  return wanted ?? `${vm.name}_${kind}_${randomBytes(16).toString('hex')}`;
}

/** Creates the managed disks of a new VM, or attaches those it names. An ephemeral OS disk lives on the host and is no resource. */
export function createDisks(azure: Azure, vm: VirtualMachine): void {
  const storage = vm.properties.storageProfile;
  if (!storage) return;
  if (storage.osDisk && !storage.osDisk.diffDiskSettings)
    addDisk(azure, vm, { disk: storage.osDisk, kind: 'disk1', isOs: true });
  storage.dataDisks?.forEach((disk, index) =>
    addDisk(azure, vm, { disk, kind: `disk${index + 2}`, isOs: false }),
  );
  storage.dataDisks ??= [];
}

function addDisk(
  azure: Azure,
  vm: VirtualMachine,
  wanted: { disk: OsDisk | DataDisk; kind: string; isOs: boolean },
): void {
  const { disk, kind, isOs } = wanted;
  disk.createOption ??= isOs ? 'FromImage' : 'Empty';
  if (disk.createOption.toLowerCase() === 'attach') return attachDisk(azure, vm, disk);
  disk.name = diskName(vm, disk.name, kind);
  const group = resourceGroupOf(vm.id);
  const id = `/subscriptions/${azure.subscriptionId}/resourceGroups/${group}/providers/${DISKS}/${disk.name}`;
  const taken = azure.store.find<Disk>(id);
  if (taken)
    throw conflict(
      'ConflictingUserInput',
      `Disk ${disk.name} already exists in resource group ${group.toUpperCase()}. Only CreateOption.Attach is supported.`,
    );
  const storageAccountType = disk.managedDisk?.storageAccountType ?? 'Premium_LRS';
  disk.managedDisk = { ...disk.managedDisk, storageAccountType, id };
  const record: Disk = {
    name: disk.name,
    id,
    type: DISKS,
    location: vm.location ?? '',
    tags: vm.tags ?? {},
    ...(vm.zones ? { zones: vm.zones } : {}),
    sku: { name: storageAccountType },
    managedBy: vm.id,
    properties: {
      ...(isOs ? { osType: 'Linux', hyperVGeneration: 'V2' } : {}),
      creationData: { createOption: disk.createOption },
      diskSizeGB: disk.diskSizeGB ?? 32,
      diskState: 'Attached',
      provisioningState: 'Succeeded',
    },
    state: {},
  };
  completeDisk(azure, record);
  azure.store.put(record);
}

function attachDisk(
  azure: Azure,
  vm: VirtualMachine,
  disk: { managedDisk?: ManagedDisk; name?: string; diskSizeGB?: number },
): void {
  const id = disk.managedDisk?.id ?? '';
  const record = azure.store.find<Disk>(id);
  if (!record) throw badRequest('NotFound', `Disk ${id} is not found.`, 'managedDisk.id');
  if (record.managedBy !== undefined && record.managedBy.toLowerCase() !== vm.id.toLowerCase()) {
    throw conflict(
      'AttachDiskWhileBeingDetached',
      `Cannot attach disk '${record.name}' to VM '${vm.name}' because the disk is currently attached to VM '${record.managedBy}'.`,
    );
  }
  record.managedBy = vm.id;
  record.properties.diskState = 'Attached';
  disk.name = record.name;
  disk.diskSizeGB ??= record.properties.diskSizeGB ?? 32;
}

/** A VM that goes takes the disks marked Delete with it; the rest stay behind, unattached and billed. */
export function releaseDisks(azure: Azure, vm: VirtualMachine, fallback: 'Delete' | 'Detach'): void {
  const storage = vm.properties.storageProfile;
  for (const disk of [storage?.osDisk, ...(storage?.dataDisks ?? [])]) {
    const record =
      disk?.managedDisk?.id === undefined ? undefined : azure.store.find<Disk>(disk.managedDisk.id);
    if (!record) continue;
    const isAttached = disk?.createOption?.toLowerCase() === 'attach';
    if ((disk?.deleteOption ?? (isAttached ? 'Detach' : fallback)) === 'Delete')
      azure.store.delete(record.id);
    else {
      delete record.managedBy;
      record.properties.diskState = 'Unattached';
    }
  }
}

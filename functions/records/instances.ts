import { ownerKey, type Owner } from '../../shared/contracts';
import type { InstanceChanges, InstanceRow } from '../../shared/domain';
import type { Records } from '../../shared/ports';

/** VMs of an owner as Azure listed them last. Written by the owner's orchestrator alone. */
export async function listInstanceRows(records: Records, owner: Owner): Promise<InstanceRow[]> {
  return (await records.list<InstanceRow>('instances', ownerKey(owner))).map((row) => row.value);
}

export async function getInstanceRow(
  records: Records,
  owner: Owner,
  vmId: string,
): Promise<InstanceRow | undefined> {
  return (await records.get<InstanceRow>('instances', ownerKey(owner), vmId))?.value;
}

export async function saveInstanceRows(
  records: Records,
  owner: Owner,
  { changed, gone }: Pick<InstanceChanges, 'changed' | 'gone'>,
): Promise<void> {
  const rows = changed.map((row) => ({ key: row.vmId, value: row }));
  if (rows.length > 0) await records.putMany('instances', ownerKey(owner), rows);
  const keys = gone.map((row) => row.vmId);
  if (keys.length > 0) await records.removeMany('instances', ownerKey(owner), keys);
}

import { createHash } from 'node:crypto';
import { nameKey, ownerKey, type Owner, type OwnerKind, type TimelineEvent } from '../../shared/contracts';
import type {
  AgentRow,
  LedgerRow,
  ResourceStatus,
  ScaleSetRow,
  ScaleSetStatus,
  VirtualMachineRow,
  VirtualMachineStatus,
} from '../../shared/domain';
import { RecordConflict } from '../../shared/errors';
import type { Records, StoredRecord } from '../../shared/ports';

/** Where each kind of row lies. Desired rows are the API's to write, status rows the orchestrators'. */
export interface RowOf {
  'scale-set': ScaleSetRow;
  'virtual-machine': VirtualMachineRow;
}
export interface StatusOf {
  'scale-set': ScaleSetStatus;
  'virtual-machine': VirtualMachineStatus;
}
type StatusRow<Status extends ResourceStatus> = { incarnation: string; status: Status };

export function getResource<Kind extends OwnerKind>(
  records: Records,
  kind: Kind,
  name: string,
): Promise<StoredRecord<RowOf[Kind]> | undefined> {
  return records.get<RowOf[Kind]>('resources', kind, nameKey(name));
}

/** The desired row of this very incarnation; a later one of the same name is not it. */
export async function getIncarnation<Kind extends OwnerKind>(
  records: Records,
  kind: Kind,
  owner: Owner,
): Promise<RowOf[Kind] | undefined> {
  const record = await getResource(records, kind, owner.name);
  return record?.value.owner.incarnation === owner.incarnation ? record.value : undefined;
}

export async function getStatus<Kind extends OwnerKind>(
  records: Records,
  kind: Kind,
  owner: Owner,
): Promise<StatusOf[Kind] | undefined> {
  const row = await records.get<StatusRow<StatusOf[Kind]>>(
    'resources',
    `${kind}-status`,
    nameKey(owner.name),
  );
  return row?.value.incarnation === owner.incarnation ? row.value.status : undefined;
}

export async function putStatus(records: Records, owner: Owner, status: ResourceStatus): Promise<void> {
  const value: StatusRow<ResourceStatus> = { incarnation: owner.incarnation, status };
  await records.put('resources', { partition: `${owner.kind}-status`, key: nameKey(owner.name), value });
}

/**
 * Removes what is kept of an owner, its desired row last: a repeat after a crash starts from there. A repeat may come so late
 * that the name is borne by the next incarnation, whose rows stay.
 */
export async function removeResource(records: Records, owner: Owner): Promise<void> {
  await records.removePartition('agents', ownerKey(owner));
  await records.removePartition('instances', ownerKey(owner));
  if (await getStatus(records, owner.kind, owner))
    await records.remove('resources', `${owner.kind}-status`, nameKey(owner.name));
  if (await getIncarnation(records, owner.kind, owner))
    await records.remove('resources', owner.kind, nameKey(owner.name));
}

export async function listAgents(records: Records, owner: Owner): Promise<AgentRow[]> {
  const rows = await records.list<AgentRow>('agents', ownerKey(owner));
  return rows.map((row) => row.value);
}

/** Keys sort by time; code and message keep events of one moment apart, and make a repeat write the same row. */
export async function addTimeline(records: Records, owner: Owner, events: TimelineEvent[]): Promise<void> {
  const rows = events.map((event) => ({ key: timelineKey(event), value: event }));
  if (rows.length > 0) await records.putMany('timeline', ownerKey(owner), rows);
}

function timelineKey({ at, code, message }: TimelineEvent): string {
  return `${at}-${code}-${createHash('sha256').update(message).digest('hex').slice(0, 8)}`;
}

const ledgerKey = (resourceId: string): string => resourceId.toLowerCase().replaceAll('/', '|');

/** Opens the row before the resource is asked for; a repeat keeps the first one's time. */
export async function openLedger(records: Records, row: Omit<LedgerRow, 'endedAt'>): Promise<void> {
  const value: LedgerRow = { ...row, endedAt: null };
  try {
    await records.insert('ledger', { partition: ownerKey(row.owner), key: ledgerKey(row.resourceId), value });
  } catch (error) {
    if (!(error instanceof RecordConflict)) throw error;
  }
}

export async function closeLedger(records: Records, owner: Owner, endedAt: string): Promise<void> {
  const rows = await records.list<LedgerRow>('ledger', ownerKey(owner));
  await records.putMany(
    'ledger',
    ownerKey(owner),
    rows
      .filter((row) => !row.value.endedAt)
      .map((row) => ({ key: row.key, value: { ...row.value, endedAt } })),
  );
}

import type { TableClient } from '@azure/data-tables';
import type { StoredRecord } from '../ports';
import { fromEntity } from './record-entity';
import { isAbsent } from './storage-failure';

/** An entity as the SDK reads it. */
export type StoredEntity = Record<string, unknown> & {
  partitionKey?: string;
  rowKey?: string;
  etag: string;
};

export function toRecord<Value>(entity: StoredEntity): StoredRecord<Value> {
  return {
    partition: entity.partitionKey ?? '',
    key: entity.rowKey ?? '',
    value: fromEntity<Value>(entity),
    etag: entity.etag,
  };
}

export async function removeRow(client: TableClient, partition: string, key: string): Promise<void> {
  try {
    await client.deleteEntity(partition, key);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

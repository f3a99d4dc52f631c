import { RecordConflict } from '../errors';
import type { Records, TableName } from '../ports';
import { checkKey, toEntity } from './record-entity';
import { createPartitions } from './record-partitions';
import { removeRow, toRecord, type StoredEntity } from './record-rows';
import type { Storage } from './storage';
import { isAbsent, isConflict } from './storage-failure';

type Rows = Pick<Records, 'get' | 'insert' | 'replace' | 'put' | 'remove'>;

export function createRecords(storage: Pick<Storage, 'table'>): Records {
  return { ...createRows(storage), ...createPartitions(storage) };
}

function createRows(storage: Pick<Storage, 'table'>): Rows {
  return {
    async get<Value>(table: TableName, partition: string, key: string) {
      checkKey('partition', partition);
      checkKey('key', key);
      try {
        return toRecord<Value>(await storage.table(table).getEntity<StoredEntity>(partition, key));
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    },

    async insert(table, row) {
      const entity = toEntity(row.partition, row.key, row.value);
      try {
        return etagOf(await storage.table(table).createEntity(entity));
      } catch (error) {
        if (isConflict(error)) throw conflict(table, row, 'exists already');
        throw error;
      }
    },

    async replace(table, row) {
      const entity = toEntity(row.partition, row.key, row.value);
      try {
        return etagOf(await storage.table(table).updateEntity(entity, 'Replace', { etag: row.etag }));
      } catch (error) {
        if (isConflict(error) || isAbsent(error)) throw conflict(table, row, 'changed or is gone');
        throw error;
      }
    },

    async put(table, row) {
      const entity = toEntity(row.partition, row.key, row.value);
      return etagOf(await storage.table(table).upsertEntity(entity, 'Replace'));
    },

    async remove(table, partition, key) {
      checkKey('partition', partition);
      checkKey('key', key);
      await removeRow(storage.table(table), partition, key);
    },
  };
}

function etagOf(response: { etag?: string }): string {
  if (!response.etag) throw new Error('Azure answered a write of a table row without its etag.');
  return response.etag;
}

function conflict(table: TableName, row: { partition: string; key: string }, what: string): RecordConflict {
  return new RecordConflict(`The row ${row.partition}/${row.key} of ${table} ${what}.`);
}

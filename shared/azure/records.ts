import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { RecordConflict } from '../errors';
import type { Records, StoredRecord } from '../ports';
import { checkKey, fromEntity, toEntity, wireSize, type RecordEntity } from './record-entity';
import type { Storage } from './storage';
import { isAbsent, isConflict } from './storage-failure';

const maxTransactionActions = 100;
/** Azure's limit is 4 MiB of body; the rest is for what `wireSize` does not foresee. */
const maxTransactionBytes = 3.5 * 1024 * 1024;
const maxPageRows = 1_000;

type Entity = Record<string, unknown> & { partitionKey?: string; rowKey?: string; etag: string };

export function createRecords(storage: Pick<Storage, 'table'>): Records {
  return {
    async get<Value>(table: Table, partition: string, key: string) {
      checkKey('partition', partition);
      checkKey('key', key);
      try {
        return toRecord<Value>(await storage.table(table).getEntity<Entity>(partition, key));
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

    async putMany(table, partition, rows) {
      // A transaction may name a row once; of two values for one key the later is meant.
      const byKey = new Map(rows.map((row) => [row.key, toEntity(partition, row.key, row.value)]));
      for (const batch of transactionsOf([...byKey.values()])) {
        const actions = batch.map((entity): TransactionAction => ['upsert', entity, 'Replace']);
        await storage.table(table).submitTransaction(actions);
      }
    },

    async remove(table, partition, key) {
      checkKey('partition', partition);
      checkKey('key', key);
      await removeRow(storage.table(table), partition, key);
    },

    async list<Value>(table: Table, partition: string, options: { prefix?: string } = {}) {
      const filter = filterOf(partition, options.prefix);
      const rows: StoredRecord<Value>[] = [];
      for await (const entity of storage.table(table).listEntities<Entity>({ queryOptions: { filter } })) {
        rows.push(toRecord<Value>(entity));
      }
      return rows;
    },

    async page<Value>(
      table: Table,
      partition: string,
      options: { top: number; continuation?: string; prefix?: string },
    ) {
      const maxPageSize = Math.min(Math.max(1, options.top), maxPageRows);
      const pages = storage
        .table(table)
        .listEntities<Entity>({ queryOptions: { filter: filterOf(partition, options.prefix) } })
        .byPage({ maxPageSize, continuationToken: options.continuation });
      for await (const page of pages) {
        // Azure may answer an empty page that goes on; a caller would take it for the end.
        const continuation = page.continuationToken;
        if (page.length === 0 && continuation) continue;
        const rows = page.map((entity) => toRecord<Value>(entity));
        return continuation ? { rows, continuation } : { rows };
      }
      return { rows: [] };
    },

    async removePartition(table, partition) {
      const client = storage.table(table);
      const select = ['PartitionKey', 'RowKey'];
      const pages = client
        .listEntities<Entity>({ queryOptions: { filter: filterOf(partition), select } })
        .byPage({ maxPageSize: maxTransactionActions });
      for await (const page of pages) {
        await removeRows(
          client,
          partition,
          page.map((entity) => entity.rowKey ?? ''),
        );
      }
    },
  };
}

type Table = Parameters<Storage['table']>[0];

async function removeRow(client: TableClient, partition: string, key: string): Promise<void> {
  try {
    await client.deleteEntity(partition, key);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

async function removeRows(client: TableClient, partition: string, keys: string[]): Promise<void> {
  if (keys.length === 0) return;
  try {
    await client.submitTransaction(
      keys.map((rowKey): TransactionAction => ['delete', { partitionKey: partition, rowKey }]),
    );
  } catch (error) {
    // Someone else removed one of them and the whole transaction failed: one by one, gone is no error.
    if (!isAbsent(error)) throw error;
    for (const key of keys) await removeRow(client, partition, key);
  }
}

function transactionsOf(entities: RecordEntity[]): RecordEntity[][] {
  const batches: RecordEntity[][] = [];
  let bytes = Infinity;
  for (const entity of entities) {
    const size = wireSize(entity);
    const last = batches.at(-1);
    if (!last || last.length === maxTransactionActions || bytes + size > maxTransactionBytes) {
      batches.push([entity]);
      bytes = size;
    } else {
      last.push(entity);
      bytes += size;
    }
  }
  return batches;
}

/** Tables compare row keys by code unit, so a prefix is the range up to the prefix with its last unit raised by one. */
function filterOf(partition: string, prefix = ''): string {
  checkKey('partition', partition);
  if (prefix === '') return odata`PartitionKey eq ${partition}`;
  checkKey('prefix', prefix);
  const beyond = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  return odata`PartitionKey eq ${partition} and RowKey ge ${prefix} and RowKey lt ${beyond}`;
}

function toRecord<Value>(entity: Entity): StoredRecord<Value> {
  return {
    partition: entity.partitionKey ?? '',
    key: entity.rowKey ?? '',
    value: fromEntity<Value>(entity),
    etag: entity.etag,
  };
}

function etagOf(response: { etag?: string }): string {
  if (!response.etag) throw new Error('Azure answered a write of a table row without its etag.');
  return response.etag;
}

function conflict(table: Table, row: { partition: string; key: string }, what: string): RecordConflict {
  return new RecordConflict(`The row ${row.partition}/${row.key} of ${table} ${what}.`);
}

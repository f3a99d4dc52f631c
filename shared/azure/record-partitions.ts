import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import type { Records, StoredRecord, TableName } from '../ports';
import { checkKey, toEntity, wireSize, type RecordEntity } from './record-entity';
import { removeRow, toRecord, type StoredEntity } from './record-rows';
import type { Storage } from './storage';
import { isAbsent, isConflict } from './storage-failure';

const maxTransactionActions = 100;
/** Azure's limit is 4 MiB of body; the rest is for what `wireSize` does not foresee. */
const maxTransactionBytes = 3.5 * 1024 * 1024;
const maxPageRows = 1_000;

/** The part of Records that works on many rows of a partition at once. */
export function createPartitions(
  storage: Pick<Storage, 'table'>,
): Pick<Records, 'putMany' | 'insertMany' | 'removeMany' | 'list' | 'page' | 'removePartition'> {
  return {
    async putMany(table, partition, rows) {
      // A transaction may name a row once; of two values for one key the later is meant.
      const byKey = new Map(rows.map((row) => [row.key, toEntity(partition, row.key, row.value)]));
      for (const batch of transactionsOf([...byKey.values()])) {
        const actions = batch.map((entity): TransactionAction => ['upsert', entity, 'Replace']);
        await storage.table(table).submitTransaction(actions);
      }
    },

    async insertMany(table, partition, rows) {
      const byKey = new Map(
        [...rows].reverse().map((row) => [row.key, toEntity(partition, row.key, row.value)]),
      );
      const client = storage.table(table);
      const inserted: string[] = [];
      for (const batch of transactionsOf([...byKey.values()]))
        inserted.push(...(await insertAbsent(client, batch)));
      return inserted;
    },

    async removeMany(table, partition, keys) {
      const client = storage.table(table);
      for (let start = 0; start < keys.length; start += maxTransactionActions)
        await removeRows(client, partition, keys.slice(start, start + maxTransactionActions));
    },

    async list<Value>(
      table: TableName,
      partition: string,
      options: { prefix?: string } | { from: string; to: string } = {},
    ) {
      const filter = 'from' in options ? rangeOf(partition, options) : filterOf(partition, options.prefix);
      const entities = storage.table(table).listEntities<StoredEntity>({ queryOptions: { filter } });
      const rows: StoredRecord<Value>[] = [];
      for await (const entity of entities) rows.push(toRecord<Value>(entity));
      return rows;
    },

    async page<Value>(
      table: TableName,
      partition: string,
      options: { top: number; continuation?: string; prefix?: string },
    ) {
      checkContinuation(options.continuation);
      const maxPageSize = Math.min(Math.max(1, options.top), maxPageRows);
      const pages = storage
        .table(table)
        .listEntities<StoredEntity>({ queryOptions: { filter: filterOf(partition, options.prefix) } })
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
        .listEntities<StoredEntity>({ queryOptions: { filter: filterOf(partition), select } })
        .byPage({ maxPageSize: maxTransactionActions });
      for await (const page of pages) {
        const keys = page.map((entity) => entity.rowKey ?? '');
        await removeRows(client, partition, keys);
      }
    },
  };
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

/** One transaction; where a row of it is there already, each row by itself. Answers the keys of the rows that this made. */
async function insertAbsent(client: TableClient, entities: RecordEntity[]): Promise<string[]> {
  try {
    if (entities.length === 1) await client.createEntity(entities[0]!);
    else await client.submitTransaction(entities.map((entity): TransactionAction => ['create', entity]));
    return entities.map(({ rowKey }) => rowKey);
  } catch (error) {
    if (!isConflict(error)) throw error;
    if (entities.length === 1) return [];
    const inserted: string[] = [];
    for (const entity of entities) inserted.push(...(await insertAbsent(client, [entity])));
    return inserted;
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

/** It comes back from a caller, who may have changed it; the SDK would fail over it with a bare SyntaxError. */
function checkContinuation(continuation: string | undefined): void {
  if (continuation === undefined) return;
  try {
    JSON.parse(Buffer.from(continuation, 'base64').toString());
  } catch (error) {
    throw new RangeError('The continuation is none that a page of this list ended with.', { cause: error });
  }
}

function rangeOf(partition: string, { from, to }: { from: string; to: string }): string {
  for (const [what, value] of Object.entries({ partition, from, to })) checkKey(what, value);
  return odata`PartitionKey eq ${partition} and RowKey ge ${from} and RowKey le ${to}`;
}

/** Tables compare row keys by code unit, so a prefix is the range up to the prefix with its last unit raised by one. */
function filterOf(partition: string, prefix = ''): string {
  checkKey('partition', partition);
  if (prefix === '') return odata`PartitionKey eq ${partition}`;
  checkKey('prefix', prefix);
  const beyond = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  return odata`PartitionKey eq ${partition} and RowKey ge ${prefix} and RowKey lt ${beyond}`;
}

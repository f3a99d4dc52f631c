/** A row of JSON under a partition and a key; `etag` changes with every write. */
export interface StoredRecord<Value> {
  partition: string;
  key: string;
  value: Value;
  etag: string;
}

/**
 * Rows of JSON (Azure Table Storage). A value is at most 900 KiB of JSON. Partition and key: none of `/ \ # ?`, no
 * control characters, at most 512 characters. Values are trusted on reading: one schema owner writes each table.
 */
export interface Records {
  get<Value>(table: TableName, partition: string, key: string): Promise<StoredRecord<Value> | undefined>;
  /** Creates. Rejects with RecordConflict where the row exists. */
  insert<Value>(table: TableName, row: { partition: string; key: string; value: Value }): Promise<string>;
  /** Replaces the row that bears this etag. Rejects with RecordConflict where it changed or is gone. */
  replace<Value>(table: TableName, row: StoredRecord<Value>): Promise<string>;
  /** Creates or replaces, whatever is there. */
  put<Value>(table: TableName, row: { partition: string; key: string; value: Value }): Promise<string>;
  /** `put` of many rows of one partition, in transactions of at most 100. */
  putMany<Value>(table: TableName, partition: string, rows: { key: string; value: Value }[]): Promise<void>;
  /**
   * `insert` of many rows of one partition; a row that is there stays as it is, which is no error. Answers the keys of those that were surely
   * not there: of one whose first answer was lost nobody knows.
   */
  insertMany<Value>(
    table: TableName,
    partition: string,
    rows: { key: string; value: Value }[],
  ): Promise<string[]>;
  /** Deletes; nothing there is no error. */
  remove(table: TableName, partition: string, key: string): Promise<void>;
  /** `remove` of many rows of one partition, in transactions of at most 100. */
  removeMany(table: TableName, partition: string, keys: string[]): Promise<void>;
  /** Rows of a partition by key, ascending; `prefix` narrows by the key's beginning, `from` and `to` (both included) to a range. Pages through all of them. */
  list<Value>(
    table: TableName,
    partition: string,
    options?: { prefix?: string } | { from: string; to: string },
  ): Promise<StoredRecord<Value>[]>;
  /** One page of `list`. `continuation` of the last page is undefined. */
  page<Value>(
    table: TableName,
    partition: string,
    options: { top: number; continuation?: string; prefix?: string },
  ): Promise<{ rows: StoredRecord<Value>[]; continuation?: string }>;
  /** Deletes every row of a partition. */
  removePartition(table: TableName, partition: string): Promise<void>;
}

/** Every table of the app; alphanumeric, as Azure demands. */
export const tableNames = [
  'settings',
  'templates',
  'environments',
  'resources',
  'instances',
  'agents',
  'jobs',
  'tasks',
  'submissions',
  'timeline',
  'ledger',
] as const;
export type TableName = (typeof tableNames)[number];

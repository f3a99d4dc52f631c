import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { HistoryEvent, RuntimeStatus } from './contract';
import { openDatabase } from './schema';
import { packEvents, unpackEvents } from './stored-events';

export interface InstanceRow {
  key: number;
  id: string;
  name: string;
  executionId: string;
  status: RuntimeStatus;
  input: string | null;
  customStatus: string | null;
  output: string | null;
  createdAt: number;
  updatedAt: number;
  finishedAt: number | null;
  parentKey: number | null;
  parentId: string | null;
  parentTask: number | null;
}

export interface ActivityRow {
  key: number;
  task: number;
  name: string;
  input: string | null;
}

export interface TimerRow {
  key: number;
  task: number;
  fireAt: number;
}

export interface EntityRequestRow {
  seq: number;
  entity: string;
  /** When a scheduled signal is to be delivered. */
  due: number | null;
  /** JSON. */
  request: string;
}

export const INSTANCE_COLUMNS = `key, id, name, execution_id AS executionId, status,
  (SELECT input FROM inputs WHERE inputs.key = instances.key) AS input, custom_status AS customStatus, output,
  created_at AS createdAt, updated_at AS updatedAt, finished_at AS finishedAt,
  parent_key AS parentKey, parent_id AS parentId, parent_task AS parentTask`;

/** Keys and message numbers are given out per start of the host: 2^36 of each, then the next start's begin. */
const NUMBERS_PER_EPOCH = 2 ** 36;

/** The SQLite file: its statements, prepared once. Knows rows, not what they mean; never begins a transaction by itself. */
export class Store {
  readonly database: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();
  private nextKey: number;
  private nextSeq: number;

  constructor(file: string, hubName: string) {
    this.database = new DatabaseSync(file);
    openDatabase(this.database, hubName);
    this.database.exec("UPDATE meta SET value = value + 1 WHERE name = 'epoch'");
    const epoch = Number(this.one<{ value: number }>("SELECT value FROM meta WHERE name = 'epoch'")?.value);
    this.nextKey = epoch * NUMBERS_PER_EPOCH;
    this.nextSeq = epoch * NUMBERS_PER_EPOCH;
  }

  close(): void {
    if (this.database.isOpen) this.database.close();
  }

  newKey(): number {
    return this.nextKey++;
  }

  /** Numbers messages in the order they are made; never given twice. */
  newSeq(): number {
    return this.nextSeq++;
  }

  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.prepare(sql).run(...values).lastInsertRowid);
  }

  changes(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.prepare(sql).run(...values).changes);
  }

  one<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.prepare(sql).get(...values) as Row | undefined;
  }

  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.prepare(sql).all(...values) as Row[];
  }

  instanceById(id: string): InstanceRow | undefined {
    return this.one(`SELECT ${INSTANCE_COLUMNS} FROM instances WHERE id = ?`, id);
  }

  instanceByKey(key: number): InstanceRow | undefined {
    return this.one(`SELECT ${INSTANCE_COLUMNS} FROM instances WHERE key = ?`, key);
  }

  insertInstance(row: InstanceRow): void {
    this.run(
      `INSERT INTO instances (key, id, name, execution_id, status, created_at, updated_at, parent_key, parent_id, parent_task)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row.key,
      row.id,
      row.name,
      row.executionId,
      row.status,
      row.createdAt,
      row.updatedAt,
      row.parentKey,
      row.parentId,
      row.parentTask,
    );
    this.setInput(row.key, row.input);
  }

  setInput(key: number, input: string | null): void {
    if (input === null) this.run('DELETE FROM inputs WHERE key = ?', key);
    else this.run('INSERT OR REPLACE INTO inputs VALUES (?, ?)', key, input);
  }

  updateInstance(row: InstanceRow): void {
    this.run(
      `UPDATE instances SET execution_id = ?, status = ?, custom_status = ?, output = ?, updated_at = ?, finished_at = ?
       WHERE key = ?`,
      row.executionId,
      row.status,
      row.customStatus,
      row.output,
      row.updatedAt,
      row.finishedAt,
      row.key,
    );
  }

  /** The turns, in order, and how much text they are. */
  history(key: number): { turns: HistoryEvent[][]; size: number } {
    const rows = this.all<{ events: string }>('SELECT events FROM history WHERE key = ? ORDER BY turn', key);
    return {
      turns: rows.map((row) => unpackEvents(row.events)),
      size: rows.reduce((sum, row) => sum + row.events.length, 0),
    };
  }

  /** Answers the size of the text. */
  insertHistory(key: number, turn: number, events: readonly HistoryEvent[]): number {
    const text = packEvents(events);
    this.run('INSERT INTO history VALUES (?, ?, ?)', key, turn, text);
    return text.length;
  }

  /** A message to an instance that has ended is dropped. */
  insertInbox(seq: number, key: number, event: HistoryEvent): void {
    this.run(
      'INSERT INTO inbox SELECT ?, key, ? FROM instances WHERE key = ? AND finished_at IS NULL',
      seq,
      JSON.stringify(event),
      key,
    );
  }

  insertEntityRequest({ seq, entity, due, request }: EntityRequestRow): void {
    this.run('INSERT INTO entity_inbox VALUES (?, ?, ?, ?)', seq, entity, due, request);
  }

  deleteWork(key: number): void {
    for (const table of ['activities', 'timers', 'inbox'])
      this.run(`DELETE FROM ${table} WHERE key = ?`, key);
  }

  deleteInstance(key: number): void {
    this.deleteWork(key);
    this.run('DELETE FROM history WHERE key = ?', key);
    this.run('DELETE FROM inputs WHERE key = ?', key);
    this.run('DELETE FROM instances WHERE key = ?', key);
  }

  private prepare(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (!statement) {
      statement = this.database.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }
}

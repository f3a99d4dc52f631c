import type { DatabaseSync } from 'node:sqlite';

const SCHEMA_VERSION = 1;

/**
 * INVARIANTS. A row of `activities`, `timers`, `inbox` or `entity_inbox` is work not yet absorbed: it goes in the same
 * transaction that stores its effect. `instances.key` is never used twice, so work for a purged instance finds nobody.
 * An input has a table of its own, since SQLite rewrites a whole row to update it and an input may be megabytes.
 */
const TABLES = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO meta VALUES ('schema', ${SCHEMA_VERSION}), ('epoch', 0);
  CREATE TABLE hub (name TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE instances (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, execution_id TEXT NOT NULL,
    status TEXT NOT NULL, custom_status TEXT, output TEXT,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, finished_at INTEGER,
    parent_key INTEGER, parent_id TEXT, parent_task INTEGER
  );
  CREATE INDEX instances_unfinished ON instances (key) WHERE finished_at IS NULL;
  CREATE TABLE inputs (key INTEGER PRIMARY KEY, input TEXT NOT NULL);
  CREATE TABLE history (key INTEGER NOT NULL, turn INTEGER NOT NULL, events TEXT NOT NULL, PRIMARY KEY (key, turn)) WITHOUT ROWID;
  CREATE TABLE activities (key INTEGER NOT NULL, task INTEGER NOT NULL, name TEXT NOT NULL, input TEXT, PRIMARY KEY (key, task)) WITHOUT ROWID;
  CREATE TABLE timers (key INTEGER NOT NULL, task INTEGER NOT NULL, fire_at INTEGER NOT NULL, PRIMARY KEY (key, task)) WITHOUT ROWID;
  CREATE TABLE inbox (seq INTEGER PRIMARY KEY, key INTEGER NOT NULL, event TEXT NOT NULL);
  CREATE INDEX inbox_key ON inbox (key);
  CREATE TABLE entities (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, is_alive INTEGER NOT NULL, state TEXT, locked_by TEXT, updated_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE entity_inbox (seq INTEGER PRIMARY KEY, entity TEXT NOT NULL, due INTEGER, request TEXT NOT NULL);
`;

/** Commits as durable as PostgreSQL's default: WAL, and an fsync per commit. */
export function openDatabase(database: DatabaseSync, hubName: string): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF;');
  database.exec('PRAGMA cache_size = -32000; PRAGMA busy_timeout = 5000;');
  const hasMeta = database
    .prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'")
    .get();
  if (!hasMeta) {
    database.exec('BEGIN IMMEDIATE');
    database.exec(TABLES);
    database.prepare('INSERT INTO hub VALUES (?)').run(hubName);
    database.exec('COMMIT');
  }
  const version = database.prepare("SELECT value FROM meta WHERE name = 'schema'").get()?.['value'];
  if (version !== SCHEMA_VERSION) {
    throw new Error(
      `The durable store has schema ${String(version)}; this host reads ${SCHEMA_VERSION}. Use another file.`,
    );
  }
  const hub = database.prepare('SELECT name FROM hub').get()?.['name'];
  if (String(hub).toLowerCase() !== hubName.toLowerCase()) {
    throw new Error(
      `The durable store belongs to the task hub '${String(hub)}', this host to '${hubName}'. Use another file, or the hub's old name.`,
    );
  }
}

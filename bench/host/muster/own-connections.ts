import { DatabaseSync } from 'node:sqlite';

const seen = new Set<DatabaseSync>();

/**
 * `PRAGMA synchronous` is a property of a connection, not of the file: it has to be asked of the engine's own one.
 * From here on every connection that runs a statement in this process is remembered.
 */
export function watchConnections(): void {
  const prepare = DatabaseSync.prototype.prepare;
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, ...given) {
    seen.add(this);
    return prepare.apply(this, given);
  };
}

export function connectionTo(file: string): DatabaseSync {
  const found = [...seen].find((database) => database.isOpen && database.location() === file);
  if (!found) throw new Error(`The engine has no connection to ${file}.`);
  return found;
}

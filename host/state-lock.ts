import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppProblems } from './functions/problems';

/**
 * Holds a state folder for one host: two engines on one history would run everything twice. SQLite's exclusive lock
 * is the operating system's, so it goes with the process, however that ends.
 */
export function lockState(stateDirectory: string): () => void {
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(path.join(stateDirectory, 'lock.sqlite'));
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch {
    database.close();
    throw new AppProblems([`another host is using the state folder ${stateDirectory}.`]);
  }
  return () => database.close();
}

import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describeError, type Log } from '../log';
import type { Identity } from './identity';
import { killStrays } from './process-group';

/**
 * One attempt's folder: `work` (where the task starts, and its HOME), `tmp` (its TMPDIR), `script`.
 * INVARIANT: the folder itself is the agent's, so that no task can put a link where root is about to write.
 */
export interface TaskFolder {
  readonly root: string;
  readonly work: string;
  readonly temporary: string;
}

/** Folders that a task has left as it found them, by their work folder: making one costs more than looking. */
const spares = new Map<string, string[]>();
const maxSpares = 16;

export function makeTaskFolder(
  workFolder: string,
  attemptId: string,
  identity: Identity | undefined,
): TaskFolder {
  const root = path.join(workFolder, attemptId);
  const folder = { root, work: path.join(root, 'work'), temporary: path.join(root, 'tmp') };
  const spare = spares.get(workFolder)?.pop();
  if (spare === undefined) mkdirSync(root);
  else renameSync(spare, root);
  chmodSync(root, 0o711);
  for (const own of [folder.work, folder.temporary]) {
    if (spare === undefined) mkdirSync(own);
    chmodSync(own, 0o700);
    if (spare === undefined) give(own, identity);
  }
  return folder;
}

/** The task has ended: what it left goes. */
export function releaseTaskFolder(folder: TaskFolder, log: Log): void {
  const workFolder = path.dirname(folder.root);
  const kept = spares.get(workFolder) ?? [];
  spares.set(workFolder, kept);
  if (kept.length < maxSpares && isUntouched(folder)) kept.push(folder.root);
  else removeTaskFolder(folder.root, log);
}

/** Empty, but for what the agent itself has put there, which goes. */
function isUntouched({ root, work, temporary }: TaskFolder): boolean {
  try {
    if (readdirSync(work).length > 0 || readdirSync(temporary).length > 0) return false;
    for (const entry of readdirSync(root)) {
      if (entry !== 'work' && entry !== 'tmp') unlinkSync(path.join(root, entry));
    }
    return true;
  } catch {
    return false;
  }
}

export function writeScript(folder: TaskFolder, script: string, identity: Identity | undefined): string {
  const file = path.join(folder.root, 'script');
  writeFileSync(file, script, { mode: 0o700, flag: 'wx' });
  chmodSync(file, 0o700);
  give(file, identity);
  return file;
}

export function give(file: string, identity: Identity | undefined): void {
  if (identity) chownSync(file, identity.uid, identity.gid);
}

/** What cannot be removed is left and logged: a task's result does not depend on it. */
export function removeTaskFolder(root: string, log: Log): void {
  try {
    rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    log('warning', 'folder-not-removed', { folder: root, ...describeError(error) });
  }
}

/** Makes the work folder, and ends what a killed agent has left in it: processes first, then their folders. */
export function prepareWorkFolder(workFolder: string, log: Log): void {
  mkdirSync(workFolder, { recursive: true });
  chmodSync(workFolder, 0o711);
  for (const entry of readdirSync(workFolder)) {
    const killed = killStrays(entry);
    log('info', 'leftover-removed', { attemptId: entry, killed });
    removeTaskFolder(path.join(workFolder, entry), log);
  }
}

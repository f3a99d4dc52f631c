import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { outputsFolder } from '../../shared/contracts/task-folders';
import { describeError, type Log } from '../log';
import type { Identity } from './identity';
import { killStrays } from './process-group';

/**
 * One attempt's folder: `work` (where the task starts, and its HOME), `work/outputs`, `tmp` (its TMPDIR), `script`, `bundle`.
 * INVARIANT: the folder itself is the agent's, so that no task can put a link where root is about to write.
 */
export interface TaskFolder {
  readonly root: string;
  readonly work: string;
  /** In `work`: what the task leaves there is kept. */
  readonly outputs: string;
  readonly temporary: string;
  /** It is the agent's alone yet. */
  isClosed: boolean;
}

/** Folders that a task has left as it found them, by their work folder: making one costs more than looking. */
const spares = new Map<string, string[]>();
const maxSpares = 16;

export function makeTaskFolder(
  workFolder: string,
  attemptId: string,
  identity: Identity | undefined,
): TaskFolder {
  const spare = spares.get(workFolder)?.pop();
  if (spare === undefined) return openTaskFolder(makeClosedTaskFolder(workFolder, attemptId), identity);
  const folder = folderAt(path.join(workFolder, attemptId));
  renameSync(spare, folder.root);
  chmodSync(folder.root, 0o711);
  chmodSync(folder.work, 0o700);
  chmodSync(folder.temporary, 0o700);
  return folder;
}

function folderAt(root: string): TaskFolder {
  const work = path.join(root, 'work');
  const outputs = path.join(work, outputsFolder);
  return { root, work, outputs, temporary: path.join(root, 'tmp'), isClosed: false };
}

/** A new one, which nobody but the agent can enter until it is opened: the agent may write to it by paths. */
export function makeClosedTaskFolder(workFolder: string, attemptId: string): TaskFolder {
  const folder = { ...folderAt(path.join(workFolder, attemptId)), isClosed: true };
  mkdirSync(folder.root);
  chmodSync(folder.root, 0o711);
  for (const own of [folder.work, folder.outputs, folder.temporary]) {
    mkdirSync(own);
    chmodSync(own, 0o700);
  }
  return folder;
}

/** From here on the task's user may do in it what he will. Its `work` comes last: before, nobody reaches what is in it. */
export function openTaskFolder(folder: TaskFolder, identity: Identity | undefined): TaskFolder {
  for (const own of [folder.outputs, folder.temporary, folder.work]) give(own, identity);
  folder.isClosed = false;
  return folder;
}

/** The task has ended: what it left goes. */
export function releaseTaskFolder(folder: TaskFolder, log: Log): void {
  const workFolder = path.dirname(folder.root);
  const kept = spares.get(workFolder) ?? [];
  spares.set(workFolder, kept);
  if (kept.length < maxSpares && !folder.isClosed && isUntouched(folder)) kept.push(folder.root);
  else removeTaskFolder(folder.root, log);
}

/** Empty, but for what the agent itself has put there, which goes. */
function isUntouched({ root, work, outputs, temporary }: TaskFolder): boolean {
  try {
    const [left, ...others] = readdirSync(work);
    if (left !== outputsFolder || others.length > 0 || readdirSync(temporary).length > 0) return false;
    // Not by a path through it: it may be a link by now.
    const stats = lstatSync(outputs);
    if (!stats.isDirectory() || (stats.mode & 0o777) !== 0o700 || readdirSync(outputs).length > 0)
      return false;
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

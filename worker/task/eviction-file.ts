import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EvictionNotice } from '../../shared/contracts/worker-protocol';
import type { Lifecycle } from '../lifecycle';
import { describeError, type Log } from '../log';
import type { TaskFolder } from './folder';

export function evictionFile(folder: TaskFolder): string {
  return path.join(folder.root, 'eviction.json');
}

/** Writes the task's notice once there is one; what it answers is called when the task has ended. */
export function announceEviction(folder: TaskFolder, lifecycle: Lifecycle, log: Log): () => void {
  const announce = (): void => {
    const { eviction } = lifecycle;
    if (!eviction) return;
    const { notBefore, terminateAt } = eviction;
    try {
      writeNotice(evictionFile(folder), { notBefore, terminateAt });
    } catch (error) {
      log('warning', 'eviction-not-announced', describeError(error));
    }
  };
  if (lifecycle.evicting.aborted) announce();
  lifecycle.evicting.addEventListener('abort', announce, { once: true });
  return () => lifecycle.evicting.removeEventListener('abort', announce);
}

/** Whole or not at all: a task may look at any moment, as another user. */
function writeNotice(file: string, notice: EvictionNotice): void {
  const unfinished = `${file}.new`;
  writeFileSync(unfinished, JSON.stringify(notice));
  chmodSync(unfinished, 0o644);
  renameSync(unfinished, file);
}

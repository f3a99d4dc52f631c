import { accessSync, constants, readFileSync, statfsSync } from 'node:fs';
import type { Ending } from './result';

/** What of the VM tells, afterwards, why a task failed. */
export interface Vitals {
  /** Processes that the kernel has killed for want of memory; undefined where it does not count them. */
  oomKills: number | undefined;
}

/** A disk with less left is full: a block or two may remain that nobody can use. */
const fullDiskBytes = 1 << 20;

export function readVitals(): Vitals {
  try {
    const count = /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1'))?.[1];
    return { oomKills: count === undefined ? undefined : Number(count) };
  } catch {
    return { oomKills: undefined };
  }
}

/** On the fullest of the disks that a task may have written to: its folder's, and its working folder's where that is another. */
export function freeBytes(...folders: string[]): number {
  return Math.min(...folders.map(freeBytesOf));
}

/** Infinity where nothing can be written, or the folder is gone, or its file system has no size (/proc): then it did not run full. */
function freeBytesOf(folder: string): number {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, blocks, bsize } = statfsSync(folder);
    return blocks === 0 ? Infinity : bavail * bsize;
  } catch {
    return Infinity;
  }
}

/** The ending with its cause, where the VM knows a better one than the task's own word. */
export function diagnosed(ending: Ending, vm: { before: Vitals; after: Vitals; freeBytes: number }): Ending {
  if (ending.end !== 'exited' && ending.end !== 'signalled') return ending;
  if (ending.end === 'exited' && ending.exitCode === 0) return ending;
  const { before, after } = vm;
  const wasKilled = (after.oomKills ?? 0) > (before.oomKills ?? 0);
  const isKill = ending.signal === 'SIGKILL' || ending.exitCode === 137;
  if (wasKilled && isKill)
    return { ...ending, end: 'out-of-memory', message: `${ending.message}: the VM had no memory left` };
  if (vm.freeBytes < fullDiskBytes)
    return { ...ending, end: 'out-of-disk', message: `${ending.message}: the VM's disk is full` };
  return ending;
}

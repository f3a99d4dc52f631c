import { readFileSync } from 'node:fs';

/** Gone, or waiting for the machine's init to collect it. */
export function isDead(pid: string): boolean {
  try {
    return /\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return true;
  }
}

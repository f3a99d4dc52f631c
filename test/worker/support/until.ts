import { setTimeout as pause } from 'node:timers/promises';

/** Waits for a condition, looking every 20 ms; past the deadline it fails and says for what it waited. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = 15_000,
): Promise<T> {
  for (const end = Date.now() + deadlineMs; Date.now() < end; await pause(20)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`waited ${deadlineMs} ms in vain: ${what}`);
}

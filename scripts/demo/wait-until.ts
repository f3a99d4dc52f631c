import { setTimeout as delay } from 'node:timers/promises';

/** Looks until `look` answers something; rejects after the limit, saying what was awaited. */
export async function waitUntil<Found>(
  what: string,
  look: () => Promise<Found | undefined | false>,
  limitMs = 120_000,
): Promise<Found> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`Waited ${limitMs / 1000} s in vain: ${what}.`);
    await delay(100);
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Condition } from '../shared/contracts';
import { MusterError } from './errors';

/** Common to all waits. */
export interface WaitOptions {
  /** Rejects with MusterError `WaitTimedOut` once this is over; what was waited for goes on. @default no limit */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** For so long a control plane that does not answer is put up with. @default 600_000 */
  patienceMs?: number;
}

/** How long one answer may be waited for: short enough to see soon that a thing has failed. */
export const askedSeconds = 20;
const defaultPatienceMs = 600_000;
const pauseMs = 2_000;

/** Seconds that the next answer may take. */
export function secondsLeft(deadline: number, atMost: number = askedSeconds): number {
  return Math.min(Math.max(Math.ceil((deadline - Date.now()) / 1000), 0), atMost);
}

export function deadlineOf({ timeoutMs }: WaitOptions): number {
  return timeoutMs === undefined ? Infinity : Date.now() + timeoutMs;
}

/**
 * A call that outlives an absence of the control plane, which stops no work: where it is not reached, or does not work, the call is
 * repeated until the patience is at its end.
 */
export async function patiently<Answer>(
  options: WaitOptions,
  deadline: number,
  call: () => Promise<Answer>,
): Promise<Answer> {
  const giveUpAt = Math.min(Date.now() + (options.patienceMs ?? defaultPatienceMs), deadline);
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const isAway = error instanceof MusterError && (error.code === 'Unreachable' || error.status >= 500);
      if (!isAway || Date.now() >= giveUpAt) throw error;
      await delay(pauseMs, undefined, { signal: options.signal }).catch(() =>
        options.signal?.throwIfAborted(),
      );
    }
  }
}

/** ` (QuotaExceeded: …)`, to be put behind a state; nothing where there is no reason. */
export function reasonOf(condition: Condition | null): string {
  return condition ? ` (${condition.code}: ${condition.message.replace(/\.$/, '')})` : '';
}

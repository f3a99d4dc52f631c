export interface Delays {
  baseMs: number;
  maxMs: number;
}

/** Before enrolment; afterwards the control plane's settings rule. */
export const bootDelays: Delays = { baseMs: 500, maxMs: 30_000 };

/** Exponential with jitter: between half of `base * 2^attempt` and the whole of it, never above `maxMs`. */
export function backoffMs(attempt: number, delays: Delays, random: number = Math.random()): number {
  const ceiling = Math.min(delays.maxMs, delays.baseMs * 2 ** Math.min(attempt, 30));
  return Math.ceil(ceiling * (0.5 + random / 2));
}

/** `Retry-After` is seconds or an HTTP date; undefined when it is neither. */
export function parseRetryAfter(header: string | null, now: number = Date.now()): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** setTimeout takes at most 2^31 - 1 ms (25 days); a task's time-out may be a year. */
const longestTimerMs = 2 ** 30;

/** Waits; ends early, without an error, when any of the signals is aborted. */
export async function sleep(ms: number, ...signals: AbortSignal[]): Promise<void> {
  const until = Date.now() + ms;
  for (let left = ms; left > 0 && !signals.some((signal) => signal.aborted); left = until - Date.now()) {
    await sleepOnce(Math.min(left, longestTimerMs), signals);
  }
}

function sleepOnce(ms: number, signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    for (const signal of signals) signal.addEventListener('abort', end, { once: true });
  });
}

/** Resolves when the signal is aborted; `forget` releases the listener when nobody waits any more. */
export function whenAborted(signal: AbortSignal): { reached: Promise<void>; forget: () => void } {
  let forget = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    const listener = (): void => resolve();
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', listener, { once: true });
    forget = () => signal.removeEventListener('abort', listener);
  });
  return { reached, forget };
}

/** How often a call that may be repeated is tried, and with which pauses. */
export interface RetryOptions {
  /** Calls in all, the first one included. @default 6 */
  attempts: number;
  /** Pause after the first; it doubles with each. @default 250 */
  baseDelayMs: number;
  /** @default 10_000 */
  maxDelayMs: number;
}

export const defaultRetry: RetryOptions = { attempts: 6, baseDelayMs: 250, maxDelayMs: 10_000 };

/** A server may ask for a longer pause than ours; for so long at most it is obeyed. */
const maxRetryAfterMs = 60_000;

const transientStatuses = [408, 429, 500, 502, 503, 504];

/** Whether the same call may be answered otherwise in a while. */
export function isTransient(status: number): boolean {
  return transientStatuses.includes(status);
}

/** The pause after so many calls: half of it fixed, half of it by chance (`random`: 0 to 1), never shorter than the server asked. */
export function pauseMs(
  attempt: number,
  { baseDelayMs, maxDelayMs }: RetryOptions,
  { retryAfterMs = 0, random }: { retryAfterMs?: number; random: number },
): number {
  const full = Math.min(baseDelayMs * 2 ** (attempt - 1), maxDelayMs);
  return Math.max(full / 2 + (full / 2) * random, Math.min(retryAfterMs, maxRetryAfterMs));
}

/** A Retry-After header, in seconds or as a date; undefined where it says nothing usable. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

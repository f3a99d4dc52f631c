import { z } from 'zod';
import type { Condition } from '../contracts';
import type { Failure, ResourceStatus } from './outcome';

export const RetrySettings = z.object({ retryBaseMs: z.number(), retryMaxMs: z.number() });
export type RetrySettings = z.infer<typeof RetrySettings>;

/** What comes after Azure could not be asked; tells that failure from those of steps. */
export const lookAgain = 'look again';

/** Doubles from the base to the maximum; a server's own wish (`Retry-After`) wins where it is longer. */
export function retryDelayMs(failures: number, retryAfterMs: number | null, settings: RetrySettings): number {
  const exponent = Math.min(Math.max(failures - 1, 0), 30);
  const backoff = Math.min(settings.retryBaseMs * 2 ** exponent, settings.retryMaxMs);
  return Math.max(backoff, retryAfterMs ?? 0);
}

/** The same reason keeps the time since when it holds. */
export function keepSince(before: Condition | null, now: Condition | null): Condition | null {
  return now && before && before.code === now.code ? { ...now, since: before.since } : now;
}

/** The status after a failure: counted, explained, and with the time of the next attempt. */
export function afterFailure<Status extends ResourceStatus>(
  status: Status,
  failure: Failure,
  at: { now: Date; nextAction: string; settings: RetrySettings },
): Status {
  const failures = status.failures + 1;
  const retryAt = new Date(
    at.now.getTime() + retryDelayMs(failures, failure.retryAfterMs, at.settings),
  ).toISOString();
  const condition: Condition = {
    code: failure.code,
    message: failure.message,
    since: at.now.toISOString(),
    nextAction: at.nextAction,
    nextAttemptAt: retryAt,
  };
  return { ...status, failures, retryAt, condition: keepSince(status.condition, condition) };
}

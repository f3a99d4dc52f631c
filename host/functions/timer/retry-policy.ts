import type { RetryOptions } from '../core-types';

/** A function's `retry` option. Of the triggers here only timers honour it, as on Azure. */
export interface RetryPolicy {
  /** Undefined: for ever. */
  maxRetryCount: number | undefined;
  /** Wait before the given retry, the first being 1. */
  delayMs(retry: number): number;
}

export function retryPolicyOf(options: RetryOptions | undefined): RetryPolicy {
  const count = options?.maxRetryCount ?? 0;
  const maxRetryCount = count === -1 ? undefined : count;
  const ms = (duration: { seconds?: number | null } | null | undefined): number =>
    (duration?.seconds ?? 0) * 1000;
  if (options?.retryStrategy === 'exponentialBackoff') {
    const [least, most] = [ms(options.minimumInterval), ms(options.maximumInterval)];
    return { maxRetryCount, delayMs: (retry) => Math.min(least * 2 ** (retry - 1), most) };
  }
  return { maxRetryCount, delayMs: () => ms(options?.delayInterval) };
}

import { backoffMs, sleep, type Delays } from '../backoff';
import { describeError, type Log } from '../log';

/** Bounds one request, so that a connection that went silent is noticed. */
const requestTimeoutMs = 60_000;

export interface RetryContext {
  delays: Delays;
  log: Log;
  /** Ends all retrying. */
  cutOff: AbortSignal;
}

/** The agent is being stopped and no call may be tried again. */
export class CutOffError extends Error {}

export function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/**
 * Storage's own verdicts: asking again gives the same answer. Everything else passes: transport errors, 408, 429, 5xx,
 * and 401/403, because a lapsed SAS is replaced at the next lease renewal.
 */
export function isVerdict(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
}

export function withTimeout<T>(operation: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return operation(AbortSignal.timeout(requestTimeoutMs));
}

/** Repeats until it works, storage gives a verdict (rethrown), or the cut-off (CutOffError). */
export async function persist<T>(
  name: string,
  operation: (signal: AbortSignal) => Promise<T>,
  { delays, log, cutOff }: RetryContext,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    if (cutOff.aborted && attempt > 0) throw new CutOffError(`${name}: gave up, the agent is stopping`);
    try {
      return await withTimeout(operation);
    } catch (error) {
      if (isVerdict(error)) throw error;
      const retryInMs = backoffMs(attempt, delays);
      log('warning', 'storage-retry', { operation: name, retryInMs, ...describeError(error) });
      await sleep(retryInMs, cutOff);
    }
  }
}

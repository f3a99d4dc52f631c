import { types } from 'node:util';
import { CloudFailure } from '../errors';

/** 4xx codes with which Azure says "not now": a concurrent write, or something that is just going away. */
const passingCodes = new Set([
  'AnotherOperationInProgress',
  'ConcurrentRequest',
  'Conflict',
  'ConflictingConcurrentWriteNotAllowed',
  // The interface of a VM just deleted stays reserved for it for 180 seconds (a 400).
  'NicReservedForAnotherVm',
  'OperationPreempted',
  'RetryableError',
  'RetryableErrorDueToAnotherOperation',
]);

/** ARM's error, from a body or an operation; every part may be missing. */
export interface ArmError {
  code?: string;
  message?: string;
  details?: ArmError[];
}

interface Answer {
  statusCode: number;
  error?: ArmError;
  retryAfterMs: number | null;
}

/** The failure that an HTTP answer states. Azure's own code is kept, be it quota (`OperationNotAllowed`) or capacity. */
export function failureOfAnswer({ statusCode, error, retryAfterMs }: Answer): CloudFailure {
  // Compute throttles with code OperationNotAllowed, which else means quota; the details tell them apart.
  const throttled = statusCode === 429 && error?.details?.some((detail) => detail.code === 'TooManyRequests');
  const code = throttled ? 'TooManyRequests' : error?.code || `Http${statusCode}`;
  const isRetryable = statusCode === 408 || statusCode === 429 || statusCode >= 500 || passingCodes.has(code);
  const message = error?.message || `Azure answered with HTTP status ${statusCode}.`;
  return new CloudFailure(code, message, { statusCode, retryAfterMs, isRetryable });
}

/** Whatever an SDK call or `fetch` rejected with. */
export function toCloudFailure(error: unknown): CloudFailure {
  if (error instanceof CloudFailure) return error;
  // Not instanceof: Node's own errors are another realm's under a test runner or a debugger.
  if (!types.isNativeError(error)) return unexpected(String(error));
  const { statusCode, response, details, code } = error as SdkError;
  if (isCredentialError(error)) {
    // No token is mostly an identity endpoint that does not answer yet; where it is a missing role, the message says so.
    const retry = { statusCode: statusCode ?? null, retryAfterMs: null, isRetryable: true };
    return new CloudFailure('AuthenticationFailed', error.message, retry);
  }
  if (statusCode !== undefined) {
    const retryAfterMs = retryAfterOf(response?.headers?.get('retry-after'));
    return failureOfAnswer({
      statusCode,
      error: details?.error ?? { code, message: error.message },
      retryAfterMs,
    });
  }
  if (isTransportError(error)) {
    const cause = types.isNativeError(error.cause) ? `: ${error.cause.message}` : '';
    const message = `No answer from Azure: ${error.message}${cause}`;
    const retry = { statusCode: null, retryAfterMs: null, isRetryable: true };
    return new CloudFailure('TransportError', message, retry);
  }
  return unexpected(`${error.name}: ${error.message}`);
}

/** Seconds or an HTTP date, as RFC 9110 has it. */
export function retryAfterOf(value: string | null | undefined): number | null {
  if (!value) return null;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return ms > 0 ? ms : null;
}

/** The SDK packages each have their own error classes: they are told by shape. */
interface SdkError extends Error {
  statusCode?: number;
  code?: string;
  details?: { error?: ArmError };
  response?: { headers?: { get(name: string): string | undefined } };
}

function isCredentialError(error: Error): boolean {
  return /^(Aggregate)?(Authentication|CredentialUnavailable)\w*Error$/.test(error.name);
}

/** The pipeline's own transport errors bear Node's code; `fetch` throws a TypeError around one. */
function isTransportError(error: Error): boolean {
  const { code } = error as SdkError;
  const isFetchFailure = error.name === 'TypeError' && types.isNativeError(error.cause);
  return (
    isFetchFailure ||
    error.name === 'AbortError' ||
    error.name === 'TimeoutError' ||
    error.name === 'RestError' ||
    (code !== undefined && /^(E[A-Z_]+|REQUEST_SEND_ERROR|UND_ERR_\w+)$/.test(code))
  );
}

function unexpected(message: string): CloudFailure {
  const details = { statusCode: null, retryAfterMs: null, isRetryable: false };
  return new CloudFailure('UnexpectedFailure', message, details);
}

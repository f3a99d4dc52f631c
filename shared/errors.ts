/** One problem of a request, by the path of what is wrong (`tasks[3].run.program`). */
export interface Problem {
  code: string;
  message: string;
  target?: string;
}

/**
 * What a caller did wrong or must know; becomes ARM's error envelope with this status. `code` is PascalCase and closed per
 * route; `message` says what, why and what to do.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 409 | 410 | 413 | 415 | 422 | 503,
    readonly code: string,
    message: string,
    readonly options: { target?: string; details?: Problem[]; retryAfterMs?: number } = {},
  ) {
    super(message);
  }
}

/**
 * Azure refused a call or an operation of it failed. `code` is Azure's own (`SkuNotAvailable`, `OperationNotAllowed`, or
 * `TransportError` where no answer came). Every method of the ports Compute and Network rejects with this alone.
 */
export class CloudFailure extends Error {
  override readonly name = 'CloudFailure';
  constructor(
    readonly code: string,
    message: string,
    readonly details: { statusCode: number | null; retryAfterMs: number | null; isRetryable: boolean },
  ) {
    super(message);
  }
}

/** A row changed since it was read, or is there already. The caller reads again and decides again. */
export class RecordConflict extends Error {
  override readonly name = 'RecordConflict';
}

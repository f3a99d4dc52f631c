import type { ErrorDetail, ErrorEnvelope } from '../shared/contracts';

/**
 * Why a call came to nothing. `code` is the control plane's own, or one of the client's, with `status` 0: `Unreachable` (no answer came,
 * or none that was one), `NotConfigured`, `WaitTimedOut`, and what became of the thing that was waited for: `JobFailed`, `Failed`, `Deleted`.
 */
export class MusterError extends Error {
  override readonly name: string = 'MusterError';
  readonly code: string;
  /** Which part of the request, where the refusal has one. */
  readonly target: string | undefined;
  /** Every problem, where there are several. */
  readonly details: readonly ErrorDetail[];

  constructor(
    readonly status: number,
    { error }: ErrorEnvelope,
    options: ErrorOptions = {},
  ) {
    super(error.message, options);
    this.code = error.code;
    this.target = error.target;
    this.details = error.details ?? [];
  }
}

/** No answer came. */
export function unreachable(message: string, cause?: unknown): MusterError {
  return new MusterError(0, { error: { code: 'Unreachable', message } }, { cause });
}

/** Time was up; what was waited for goes on. */
export function waitTimedOut(message: string): MusterError {
  return new MusterError(0, { error: { code: 'WaitTimedOut', message } });
}

/** The error that an answer tells; of one that is no envelope (a proxy's page, a refused key), as much as it says. */
export function errorOfAnswer(status: number, text: string): MusterError {
  const envelope = envelopeOf(text);
  if (envelope) return new MusterError(status, envelope);
  const message = status === 401 ? 'The key is missing or wrong.' : `HTTP ${status}: ${text.slice(0, 500)}`;
  return new MusterError(status, { error: { code: `Http${status}`, message } });
}

function envelopeOf(text: string): ErrorEnvelope | undefined {
  try {
    const body = JSON.parse(text) as Partial<ErrorEnvelope> | null;
    const isEnvelope = typeof body?.error?.code === 'string' && typeof body.error.message === 'string';
    return isEnvelope ? (body as ErrorEnvelope) : undefined;
  } catch {
    return undefined;
  }
}

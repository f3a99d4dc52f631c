import type { ErrorEnvelope } from '../shared/contracts';

/** The control plane refused a request: its status, code and every problem it named. */
export class MusterError extends Error {
  override readonly name = 'MusterError';
  readonly code: string;
  /** Which part of the request, where the refusal has one. */
  readonly target: string | undefined;
  readonly details: NonNullable<ErrorEnvelope['error']['details']>;

  constructor(
    readonly status: number,
    envelope: ErrorEnvelope,
  ) {
    super(envelope.error.message);
    this.code = envelope.error.code;
    this.target = envelope.error.target;
    this.details = envelope.error.details ?? [];
  }
}

import { CloudFailure } from '../../shared/errors';
import type { Failure, OperationState, StepOutcome } from '../../shared/domain';
import type { Compute, OperationToken } from '../../shared/ports';

/** What Azure's resource manager refuses is an answer to decide by, not an exception: only other trouble throws. */
export async function attempt(call: () => Promise<OperationToken>): Promise<StepOutcome> {
  try {
    return { operation: await call(), failure: null };
  } catch (error) {
    return { operation: null, failure: failureOf(error) };
  }
}

/** Looks at Azure; a failure becomes a value beside what `nothing` stands for. */
export async function observe<Value>(
  look: () => Promise<Value>,
  nothing: Value,
): Promise<{ value: Value; failure: Failure | null }> {
  try {
    return { value: await look(), failure: null };
  } catch (error) {
    return { value: nothing, failure: failureOf(error) };
  }
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof CloudFailure)) throw error;
  const { isRetryable, retryAfterMs } = error.details;
  return { code: error.code, message: error.message, isRetryable, retryAfterMs };
}

/** How the operation that a status names stands; null where it names none. */
export async function pollOperation(
  compute: Compute,
  subscriptionId: string,
  operation: { token: string } | null,
): Promise<OperationState | null> {
  return operation ? compute.poll(subscriptionId, operation.token) : null;
}

import { RetryOptions, type OrchestrationContext, type Task } from 'durable-functions';
import type { z } from 'zod';

/** An activity as orchestrators know it: its registered name and the shape of what goes in and comes out. */
export interface ActivityContract<Input, Output> {
  name: string;
  input: z.ZodType<Input>;
  output: z.ZodType<Output>;
}

export function defineActivity<Input, Output>(
  name: string,
  shapes: { input: z.ZodType<Input>; output: z.ZodType<Output> },
): ActivityContract<Input, Output> {
  return { name, ...shapes };
}

/** For storage and other trouble of our own; what Azure's resource manager answers comes back as a value instead. */
const retryPolicy = (): RetryOptions => {
  const options = new RetryOptions(1000, 8);
  options.backoffCoefficient = 2;
  options.maxRetryIntervalInMilliseconds = 60_000;
  return options;
};

/**
 * Calls an activity by contract. Throws where it failed eight times over about four minutes, and where its result is not of
 * the contract's shape.
 */
export function* callActivity<Input, Output>(
  context: OrchestrationContext,
  contract: ActivityContract<Input, Output>,
  input: Input,
): Generator<Task, Output, unknown> {
  const result = yield context.df.callActivityWithRetry(
    contract.name,
    retryPolicy(),
    contract.input.parse(input),
  );
  return contract.output.parse(result);
}

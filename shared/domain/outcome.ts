import { Condition, ResourceState } from '../contracts';
import { z } from 'zod';

/** Why a call to Azure did not do what was asked. `code` is Azure's own. */
export const Failure = z.object({
  code: z.string(),
  message: z.string(),
  isRetryable: z.boolean(),
  retryAfterMs: z.number().nullable(),
});
export type Failure = z.infer<typeof Failure>;

/** How a long-running operation of ARM stands. */
export const OperationState = z.discriminatedUnion('state', [
  z.object({ state: z.literal('running'), retryAfterMs: z.number().nullable() }),
  z.object({ state: z.literal('succeeded') }),
  z.object({ state: z.literal('failed'), code: z.string(), message: z.string() }),
]);
export type OperationState = z.infer<typeof OperationState>;

/** What a step did. `operation`: the token of what it set going; null where it was done at once. */
export const StepOutcome = z.object({ operation: z.string().nullable(), failure: Failure.nullable() });
export type StepOutcome = z.infer<typeof StepOutcome>;
export const stepDone: StepOutcome = { operation: null, failure: null };

export const OperationPurpose = z.enum(['create', 'resize', 'delete']);
export type OperationPurpose = z.infer<typeof OperationPurpose>;

/** What an orchestrator keeps of its resource between two looks; one writer, the resource's orchestrator. */
export const ResourceStatus = z.object({
  state: ResourceState,
  condition: Condition.nullable(),
  resourceId: z.string(),
  /** The operation under way, to be polled at the next look. */
  operation: z.object({ purpose: OperationPurpose, token: z.string() }).nullable(),
  /** Failures in a row; sets the pause before the next attempt. */
  failures: z.int(),
  retryAt: z.string().nullable(),
});
export type ResourceStatus = z.infer<typeof ResourceStatus>;

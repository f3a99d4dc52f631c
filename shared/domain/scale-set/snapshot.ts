import { z } from 'zod';
import { Capacity } from '../../contracts';
import { Failure, OperationState, ResourceStatus } from '../outcome';

/** What the orchestrator keeps of a scale set. */
export const ScaleSetStatus = ResourceStatus.extend({
  capacity: Capacity,
  /** Capacity writes are spaced: Azure refills four a minute per scale set. */
  capacityWrittenAt: z.string().nullable(),
});
export type ScaleSetStatus = z.infer<typeof ScaleSetStatus>;

export const ObservedInstance = z.object({
  instanceId: z.string(),
  /** Lower case: equals the agent's id. */
  vmId: z.string(),
  provisioningState: z.string(),
  createdAt: z.string().nullable(),
});
export type ObservedInstance = z.infer<typeof ObservedInstance>;

export const ObservedAgent = z.object({
  agentId: z.string(),
  state: z.enum(['pending', 'enrolled', 'draining', 'lost']),
  lastSeenAt: z.string(),
  runningTasks: z.int(),
});
export type ObservedAgent = z.infer<typeof ObservedAgent>;

/** One look at everything that decides what to do with a scale set. */
export const ScaleSetSnapshot = z.object({
  /** null: the row is gone, there is nothing left to do. */
  desired: z
    .object({ wanted: z.enum(['present', 'absent']), capacity: z.int(), workersPerInstance: z.int() })
    .nullable(),
  status: ScaleSetStatus,
  azure: z.object({ provisioningState: z.string(), capacity: z.int(), isOurs: z.boolean() }).nullable(),
  instances: z.array(ObservedInstance),
  agents: z.array(ObservedAgent),
  operation: OperationState.nullable(),
  /** Azure could not be asked. */
  failure: Failure.nullable(),
});
export type ScaleSetSnapshot = z.infer<typeof ScaleSetSnapshot>;

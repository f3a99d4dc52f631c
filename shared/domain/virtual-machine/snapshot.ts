import { z } from 'zod';
import { Condition, Preparation } from '../../contracts';
import { Failure, OperationState, ResourceStatus } from '../outcome';

export const VirtualMachineStatus = ResourceStatus.extend({
  privateIpAddress: z.string().nullable(),
  /** A creation that cannot succeed: what was made is taken down again, the condition says why, the row stays. */
  isRollingBack: z.boolean(),
  /** Why the creation failed; the condition may by then be about its taking down. Absent in histories from before it was kept. */
  failure: Condition.nullable().default(null),
  /** Since when Azure has the VM and its agent has not enrolled. */
  bootSince: z.string().nullable().default(null),
});
export type VirtualMachineStatus = z.infer<typeof VirtualMachineStatus>;

const Part = z.object({ provisioningState: z.string(), isOurs: z.boolean() });

/** One look at everything that decides what to do with a detached VM. */
export const VirtualMachineSnapshot = z.object({
  desired: z.object({ wanted: z.enum(['present', 'absent']) }).nullable(),
  status: VirtualMachineStatus,
  networkInterface: Part.extend({ privateIpAddress: z.string().nullable() }).nullable(),
  virtualMachine: Part.extend({ vmId: z.string() }).nullable(),
  /** Disks of this VM that outlived it. */
  leftoverDiskIds: z.array(z.string()),
  agent: z
    .object({
      agentId: z.string(),
      state: z.enum(['booting', 'pending', 'enrolled', 'draining', 'lost']),
      preparation: Preparation.nullable().default(null),
      lastSeenAt: z.string().default(''),
      /** The last stage of its boot that it told of. */
      stage: z.string().nullable().default(null),
    })
    .nullable(),
  operation: OperationState.nullable(),
  failure: Failure.nullable(),
});
export type VirtualMachineSnapshot = z.infer<typeof VirtualMachineSnapshot>;

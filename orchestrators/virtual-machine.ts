import type { OrchestrationContext, Task } from 'durable-functions';
import type { Owner } from '../shared/contracts';
import {
  planVirtualMachine,
  type VirtualMachineSnapshot,
  type VirtualMachineStatus,
  type VirtualMachineStep,
} from '../shared/domain';
import { eventNames, virtualMachineActivities } from '../shared/durable';
import { awaitChange } from './steps/await-change';
import { reconcile, type Reconciler } from './steps/reconcile';

const virtualMachineReconciler: Reconciler<VirtualMachineSnapshot, VirtualMachineStatus, VirtualMachineStep> =
  {
    observe: virtualMachineActivities.observe,
    plan: planVirtualMachine,
    step: (step) =>
      virtualMachineActivities.steps[step.kind] as ReturnType<typeof virtualMachineReconciler.step>,
    record: virtualMachineActivities.record,
  };

/** Keeps one incarnation of a detached VM as it is wanted: interface, VM, agent; and takes all its parts down. */
export function* virtualMachineOrchestrator(context: OrchestrationContext): Generator<Task, void, unknown> {
  const input = context.df.getInput<{ owner: Owner }>()!;
  const lookAt = yield* reconcile(context, input.owner, virtualMachineReconciler);
  if (lookAt === null) return;
  yield* awaitChange(context, { eventName: eventNames.desiredChanged, lookAt });
  context.df.continueAsNew(input);
}

import type { OrchestrationContext, Task } from 'durable-functions';
import type { Owner } from '../shared/contracts';
import {
  planScaleSet,
  type ScaleSetSnapshot,
  type ScaleSetStatus,
  type ScaleSetStep,
} from '../shared/domain';
import { eventNames, scaleSetActivities } from '../shared/durable';
import { awaitChange } from './steps/await-change';
import { reconcile, type Reconciler } from './steps/reconcile';

const scaleSetReconciler: Reconciler<ScaleSetSnapshot, ScaleSetStatus, ScaleSetStep> = {
  observe: scaleSetActivities.observe,
  plan: planScaleSet,
  step: (step) => scaleSetActivities.steps[step.kind] as ReturnType<typeof scaleSetReconciler.step>,
  record: scaleSetActivities.record,
};

/** Keeps one incarnation of a scale set as it is wanted, for as long as it is wanted. One round per generation. */
export function* scaleSetOrchestrator(context: OrchestrationContext): Generator<Task, void, unknown> {
  const input = context.df.getInput<{ owner: Owner }>()!;
  const lookAt = yield* reconcile(context, input.owner, scaleSetReconciler);
  if (lookAt === null) return;
  yield* awaitChange(context, { eventName: eventNames.desiredChanged, lookAt });
  context.df.continueAsNew(input);
}

import type { OrchestrationContext, Task } from 'durable-functions';
import { planJob, type JobStep } from '../shared/domain';
import { callActivity, eventNames, jobActivities } from '../shared/durable';
import { awaitChange } from './steps/await-change';

/** Brings one job to its end: enqueues its tasks, waits for their results, finalises. One round per generation. */
export function* jobOrchestrator(context: OrchestrationContext): Generator<Task, void, unknown> {
  const input = context.df.getInput<{ jobId: string }>()!;
  const { snapshot, settings } = yield* callActivity(context, jobActivities.observe, input);
  if (!snapshot) return;
  const plan = planJob({ snapshot, now: context.df.currentUtcDateTime, settings });
  for (const step of plan.steps) yield* takeStep(context, input.jobId, step);
  yield* callActivity(context, jobActivities.record, {
    ...input,
    status: plan.status,
    isFinished: plan.isFinished,
  });
  const { state, tasks, condition } = plan.status;
  context.df.setCustomStatus({ state, tasks, condition });
  if (plan.isFinished) return;
  yield* awaitChange(context, { eventName: eventNames.taskCompleted, lookAt: plan.lookAt });
  context.df.continueAsNew(input);
}

function* takeStep(
  context: OrchestrationContext,
  jobId: string,
  step: JobStep,
): Generator<Task, null, unknown> {
  switch (step.kind) {
    case 'enqueueTasks':
      return yield* callActivity(context, jobActivities.steps.enqueueTasks, { jobId, ...step.input });
    case 'recoverResults':
      return yield* callActivity(context, jobActivities.steps.recoverResults, { jobId });
  }
}

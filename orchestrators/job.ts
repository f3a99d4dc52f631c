import type { OrchestrationContext, Task } from 'durable-functions';
import { planJob, type JobStep } from '../shared/domain';
import { callActivity, eventNames, jobActivities } from '../shared/durable';
import { awaitChange } from './steps/await-change';

interface JobInput {
  jobId: string;
  /** Its tasks were sent with its submission. */
  isSent?: boolean;
}

/** A job whose tasks were sent already has mostly ended when it is first looked at. */
const firstLookMs = 1000;

/** Brings one job to its end: sends its tasks, waits for their results, finalises. One round per generation. */
export function* jobOrchestrator(context: OrchestrationContext): Generator<Task, void, unknown> {
  const { jobId, isSent = false } = context.df.getInput<JobInput>()!;
  const { taskCompleted: eventName } = eventNames;
  if (isSent) yield* awaitChange(context, { eventName, lookAt: fromNow(context, firstLookMs) });
  const { snapshot, settings } = yield* callActivity(context, jobActivities.observe, { jobId, isSent });
  if (!snapshot) return;
  const plan = planJob({ snapshot, now: context.df.currentUtcDateTime, settings });
  for (const step of plan.steps) yield* takeStep(context, jobId, step);
  const { status, isFinished } = plan;
  yield* callActivity(context, jobActivities.record, { jobId, status, isFinished });
  const { state, tasks, condition } = status;
  context.df.setCustomStatus({ state, tasks, condition });
  if (isFinished) return;
  yield* awaitChange(context, { eventName, lookAt: plan.lookAt });
  context.df.continueAsNew({ jobId });
}

function fromNow(context: OrchestrationContext, ms: number): string {
  return new Date(context.df.currentUtcDateTime.getTime() + ms).toISOString();
}

function* takeStep(
  context: OrchestrationContext,
  jobId: string,
  step: JobStep,
): Generator<Task, null, unknown> {
  const { steps } = jobActivities;
  switch (step.kind) {
    case 'enqueueTasks':
      return yield* callActivity(context, steps.enqueueTasks, { jobId, ...step.input });
    case 'retryTasks':
      return yield* callActivity(context, steps.retryTasks, { jobId, ...step.input });
    case 'cancelTasks':
      return yield* callActivity(context, steps.cancelTasks, { jobId, ...step.input });
    case 'recoverResults':
    case 'redeliverTasks':
    case 'makeTarget':
    case 'releaseTarget':
    case 'removeInputs':
      return yield* callActivity(context, steps[step.kind], { jobId });
  }
}

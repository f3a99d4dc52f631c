import type { OrchestrationContext, Task } from 'durable-functions';
import { planJob, type JobStatus, type JobStep } from '../shared/domain';
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
  const look = yield* callActivity(context, jobActivities.observe, { jobId, isSent });
  const { snapshot, settings, ended } = look;
  if (ended) showStatus(context, ended);
  if (!snapshot) return;
  const plan = planJob({ snapshot, now: context.df.currentUtcDateTime, settings });
  for (const step of plan.steps) yield* takeStep(context, jobId, step);
  const { status, isFinished } = plan;
  yield* callActivity(context, jobActivities.record, { jobId, status, isFinished });
  showStatus(context, status);
  if (isFinished) {
    for (const step of plan.afterwards ?? []) yield* takeStep(context, jobId, step);
    return;
  }
  yield* awaitChange(context, { eventName, lookAt: plan.lookAt });
  context.df.continueAsNew({ jobId });
}

/** What the Azure portal shows. */
function showStatus(context: OrchestrationContext, { state, tasks, condition }: JobStatus): void {
  context.df.setCustomStatus({ state, tasks, condition });
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
    case 'releaseOwned':
      return yield* callActivity(context, steps[step.kind], { jobId });
  }
}

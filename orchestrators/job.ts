import type { OrchestrationContext, Task } from 'durable-functions';
import { planJob, submissionPauseMs, type JobStatus, type JobStep } from '../shared/domain';
import { callActivity, eventNames, jobActivities } from '../shared/durable';
import { awaitChange } from './steps/await-change';

interface JobInput {
  jobId: string;
  /** Its submission sends its tasks, and may not have written its row yet. */
  isSent?: boolean;
  /** Looks at such a job that found no row. */
  missed?: number;
  /** Its first round failed: part of it may be done. */
  hasFailed?: boolean;
}

const { taskCompleted: eventName } = eventNames;
/** As long as until the timer resumes an orchestration that has failed. */
const failedPauseMs = 60_000;

/** Brings one job to its end: sends its tasks, waits for their results, finalises. One round per generation. */
export function* jobOrchestrator(context: OrchestrationContext): Generator<Task, void, unknown> {
  const input = context.df.getInput<JobInput>()!;
  if (!input.isSent) return yield* takeRound(context, input);
  const pauseMs = submissionPauseMs(input.missed ?? 0);
  if (pauseMs === undefined) return;
  yield* awaitChange(context, { eventName, lookAt: fromNow(context, pauseMs) });
  try {
    yield* takeRound(context, input);
  } catch (error) {
    // Before its first round is recorded nothing else knows of the job: this must not fail.
    context.df.setCustomStatus({ failure: String(error) });
    yield context.df.createTimer(new Date(fromNow(context, failedPauseMs)));
    context.df.continueAsNew({ ...input, hasFailed: true });
  }
}

function* takeRound(
  context: OrchestrationContext,
  { jobId, isSent = false, missed = 0, hasFailed = false }: JobInput,
): Generator<Task, void, unknown> {
  const look = yield* callActivity(context, jobActivities.observe, { jobId, isSent: isSent && !hasFailed });
  const { snapshot, settings, ended, isMissing } = look;
  if (ended) showStatus(context, ended);
  if (isMissing && isSent) return context.df.continueAsNew({ jobId, isSent, missed: missed + 1 });
  if (!snapshot) return;
  const plan = planJob({ snapshot, now: context.df.currentUtcDateTime, settings });
  for (const step of plan.steps) yield* takeStep(context, jobId, step);
  const { status, isFinished } = plan;
  const record = { jobId, status, isFinished, ...(isSent && { isNew: true }) };
  yield* callActivity(context, jobActivities.record, record);
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

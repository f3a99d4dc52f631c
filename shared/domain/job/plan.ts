import { finalJobStates, type JobState } from '../../contracts';
import { waitingFor } from '../look';
import { keepSince } from '../retry';
import { lookPauseMs } from './look-pause';
import { endCancelled, finish, goOn, lookOnce } from './next';
import { planCancelling } from './plan-cancelling';
import { planTasks } from './plan-tasks';
import type { JobStatus } from './rows';
import type { JobLook, JobPlan } from './snapshot';

/** Decides what one look at a job leads to. Pure. */
export function planJob(look: JobLook): JobPlan {
  const plan = planNext(look);
  const isOwning = plan.isFinished && look.snapshot.job.hasControlPlaneAccess;
  return isOwning ? { ...plan, afterwards: [{ kind: 'releaseOwned', input: {} }] } : plan;
}

function planNext(look: JobLook): JobPlan {
  const { snapshot, now } = look;
  if (finalJobStates.includes(snapshot.status.state))
    return { steps: [], status: snapshot.status, lookAt: now.toISOString(), isFinished: true };
  const counted = withProgress(look);
  const plan =
    planEnded(counted) ??
    planCancelling(counted) ??
    planDependencies(counted) ??
    planOwnTarget(counted) ??
    planLostTarget(counted) ??
    planTasks(counted);
  return plan.isFinished ? released(plan, counted) : plan;
}

/** What was sent along with the job goes with it, and so does a VM that was made for it. */
function released(plan: JobPlan, { snapshot: { job, target } }: JobLook): JobPlan {
  const isLeft = job.hasOwnTarget && !job.persist && target.isPresent;
  const steps = [...plan.steps];
  if (job.hasInputs) steps.push({ kind: 'removeInputs', input: {} });
  if (isLeft) steps.push({ kind: 'releaseTarget', input: {} });
  return { ...plan, steps };
}

function planOwnTarget({ snapshot: { job, status }, now }: JobLook): JobPlan | undefined {
  if (!job.hasOwnTarget || status.hasMadeTarget) return undefined;
  const condition = waitingFor(now, 'MakingTarget', 'A virtual machine is made for it.');
  const made = { ...status, hasMadeTarget: true, state: 'starting' as const, condition };
  return goOn(made, now, { steps: [{ kind: 'makeTarget', input: {} }] });
}

function withProgress(look: JobLook): JobLook {
  const { snapshot, now } = look;
  const { succeeded, failed, closed } = snapshot.progress;
  const before = snapshot.status.tasks;
  const hasMoved = succeeded + failed !== before.succeeded + before.failed;
  const status: JobStatus = {
    ...snapshot.status,
    tasks: { ...before, succeeded, failed },
    closed,
    ...(hasMoved && { progressAt: now.toISOString() }),
  };
  return { ...look, snapshot: { ...snapshot, status } };
}

/** Every task has ended. */
function planEnded({ snapshot: { status }, now }: JobLook): JobPlan | undefined {
  const { total, succeeded, failed } = status.tasks;
  if (succeeded + failed < total) return undefined;
  if (failed === 0) return finish(status, now, { state: 'succeeded', condition: null });
  if (status.cancel) return endCancelled(status, now);
  const condition = waitingFor(now, 'TasksFailed', `${failed} of ${total} tasks failed.`);
  return finish(status, now, { state: 'failed', condition });
}

/** How late the end of a job that this one waits for may be seen. */
const dependencyLookMs = 60_000;

function planDependencies({ snapshot, now, settings }: JobLook): JobPlan | undefined {
  const { job, dependencies, status } = snapshot;
  const failed = dependencies.filter(
    ({ outcome, state }) =>
      state === null || (outcome === 'succeeded' && isFinal(state) && state !== 'succeeded'),
  );
  if (failed.length > 0) {
    const told = failed.map(
      ({ job: other, state }) => `'${other}' ${state === null ? 'is gone' : `has ${state}`}`,
    );
    const message = `It depends on jobs that did not succeed: ${told.join(', ')}.`;
    const condition = waitingFor(now, 'DependencyFailed', message);
    return finish(status, now, { state: 'failed', condition });
  }
  const open = dependencies.filter(({ state }) => !isFinal(state!));
  if (open.length === 0) return undefined;
  const message = `It waits for ${open.map((other) => `'${other.job}'`).join(', ')} to end.`;
  const condition = keepSince(status.condition, waitingFor(now, 'WaitingForJobs', message));
  const { busyLookMs: leastMs } = settings;
  const afterMs = lookPauseMs({ since: job.createdAt, now, leastMs, mostMs: dependencyLookMs });
  return goOn({ ...status, state: 'waiting', condition }, now, { afterMs });
}

function isFinal(state: JobState): boolean {
  return finalJobStates.includes(state);
}

/** Nothing will run any more. What ended before may have lost its completion: the result blobs are looked at once more. */
function planLostTarget({ snapshot, now }: JobLook): JobPlan | undefined {
  const { target, status } = snapshot;
  if (target.isPresent && target.failure === null) return undefined;
  const { total, succeeded, failed } = status.tasks;
  const open = `${total - succeeded - failed} of ${total} tasks had not ended`;
  const condition = target.isPresent
    ? waitingFor(now, 'TargetFailed', `${open}, and their VM could not be made: ${target.failure}`)
    : waitingFor(now, 'TargetRemoved', `${open} when the target was removed. ${target.message}`.trim());
  return lookOnce({ status, now, condition }) ?? finish(status, now, { state: 'failed', condition });
}

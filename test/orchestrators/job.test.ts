import type { ActivityHandler } from 'durable-functions';
import {
  newJobStatus,
  planJob,
  type JobCancel,
  type JobSnapshot,
  type JobStatus,
  type TargetState,
  type TaskProgress,
} from '../../shared/domain';
import { eventNames, jobActivities, jobInstanceId, orchestratorNames } from '../../shared/durable';
import { jobPolicy, jobSettings, jobTarget } from '../shared/domain/samples';
import { startSteppedRun, type SteppedRun } from './stepped-run';

const jobId = 'job-1';
const instanceId = jobInstanceId(jobId);

/** A job's rows and its queue in a few variables, behind the activities' own names. */
class PretendJob {
  status: JobStatus;
  readonly queue: number[] = [];
  readonly retried: { task: number; retry: number }[] = [];
  readonly progress: TaskProgress = { succeeded: 0, failed: 0, closed: {}, retryable: [] };
  readonly target: TargetState = { ...jobTarget };
  /** Result blobs whose completions were lost. */
  lost = 0;
  hasRow = true;
  isOpen = true;
  enqueueFailures = 0;
  recordFailures = 0;
  hasMark = true;
  looks = 0;
  cancel: JobCancel | null = null;
  isReleased = false;
  /** How the job stood when what it made was taken down. */
  releasedAt: JobStatus['state'] | null = null;

  constructor(
    tasks: number,
    readonly own: Pick<JobSnapshot['job'], 'hasOwnTarget' | 'persist' | 'hasControlPlaneAccess'>,
  ) {
    this.status = newJobStatus({ taskCount: tasks, policy: jobPolicy });
  }

  activities(): Record<string, ActivityHandler> {
    const { observe, record, steps } = jobActivities;
    const done = (act: () => void) => () => {
      act();
      return null;
    };
    return {
      [observe.name]: ({ isSent }: { isSent?: boolean }) => {
        this.looks++;
        return this.observed(isSent);
      },
      [record.name]: ({ status, isFinished, isNew }: RecordInput) => {
        if (this.recordFailures-- > 0) throw new Error('Storage is away.');
        if (isNew) this.hasMark = true;
        this.status = status;
        if (isFinished) this.isOpen = false;
        return null;
      },
      [steps.enqueueTasks.name]: ({ from, to }: { from: number; to: number }) => {
        if (this.enqueueFailures-- > 0) throw new Error('The queue is away.');
        for (let task = from; task < to; task++) this.queue.push(task);
        return null;
      },
      [steps.retryTasks.name]: ({ tasks }: { tasks: { task: number; retry: number }[] }) => {
        this.retried.push(...tasks);
        this.progress.retryable.length = 0;
        return null;
      },
      [steps.recoverResults.name]: done(() => {
        this.progress.succeeded += this.lost;
        this.lost = 0;
      }),
      [steps.cancelTasks.name]: done(() => void (this.progress.failed += this.target.running)),
      [steps.makeTarget.name]: done(() => void (this.target.isPresent = true)),
      [steps.releaseTarget.name]: done(() => void (this.isReleased = true)),
      [steps.releaseOwned.name]: done(() => void (this.releasedAt = this.status.state)),
    };
  }

  /** As the real activity: what has ended is closed at once. */
  private observed(isSent: boolean | undefined): object {
    const settings = jobSettings;
    const snapshot = this.hasRow ? this.snapshot(isSent) : null;
    const plan = snapshot && planJob({ snapshot, settings, now: new Date() });
    const isLeft = plan && [...plan.steps, ...(plan.afterwards ?? [])].length > 0;
    const isMissing = !this.hasRow;
    if (!plan?.isFinished || isLeft) return { snapshot, settings, ended: null, isMissing };
    this.status = plan.status;
    this.isOpen = false;
    return { snapshot: null, settings, ended: plan.status, isMissing };
  }

  private snapshot(isSent = false): JobSnapshot {
    const { cancel, own } = this;
    const status = isSent && this.status.enqueuedTo === 0 ? { ...this.status, enqueuedTo: 1 } : this.status;
    const asked = { createdAt: '2026-01-01T00:00:00.000Z', policy: jobPolicy, ...own };
    return {
      job: { ...asked, cancel },
      status,
      progress: structuredClone(this.progress),
      dependencies: [],
      target: { ...this.target },
    };
  }
}

interface RecordInput {
  status: JobStatus;
  isFinished: boolean;
  isNew?: boolean;
}

let job: PretendJob;
let run: SteppedRun;
async function begin(
  tasks: number,
  own: PretendJob['own'] = { hasOwnTarget: false, persist: false },
): Promise<void> {
  job = new PretendJob(tasks, own);
  run = await startSteppedRun(() => job.activities());
}
const start = () => run.engine.startNew({ name: orchestratorNames.job, instanceId, input: { jobId } });
const startSent = () =>
  run.engine.startNew({ name: orchestratorNames.job, instanceId, input: { jobId, isSent: true } });
const finished = () => run.engine.whenFinished(instanceId);

afterEach(() => run.close());

describe('the job orchestrator', () => {
  it('enqueues every task of a large array once and completes with the last result', async () => {
    await begin(25_000);
    await start();
    await run.stepUntil(() => job.status.enqueuedTo === 25_000);
    expect(job.queue).toEqual(Array.from({ length: 25_000 }, (_, task) => task));
    job.progress.succeeded = 25_000;
    await run.engine.raiseEvent(instanceId, eventNames.taskCompleted, {});
    expect(await finished()).toMatchObject({
      runtimeStatus: 'Completed',
      customStatus: { state: 'succeeded', tasks: { total: 25_000, succeeded: 25_000, failed: 0 } },
    });
    expect(job.isOpen).toBe(false);
  });

  it('ends as failed where a task failed', async () => {
    await begin(2);
    await start();
    await run.stepUntil(() => job.status.state === 'running');
    Object.assign(job.progress, { succeeded: 1, failed: 1 });
    await run.stepUntil(() => job.status.endedAt !== null);
    await finished();
    expect(job.status).toMatchObject({ state: 'failed', condition: { code: 'TasksFailed' } });
  });

  it('finds the results whose completions were lost', async () => {
    await begin(3);
    await start();
    await run.stepUntil(() => job.status.state === 'running');
    job.lost = 3;
    await run.stepUntil(() => job.status.state === 'succeeded', { hours: 0.1 });
    expect(await finished()).toMatchObject({ runtimeStatus: 'Completed' });
  });

  it('fails where its target goes, but not the tasks that had ended', async () => {
    await begin(3);
    await start();
    await run.stepUntil(() => job.status.state === 'running');
    job.lost = 2;
    job.target.isPresent = false;
    await run.stepUntil(() => job.status.endedAt !== null);
    await finished();
    expect(job.status).toMatchObject({
      state: 'failed',
      tasks: { total: 3, succeeded: 2, failed: 0 },
      condition: { code: 'TargetRemoved' },
    });
  });

  it('puts up with a queue that is away for a while', async () => {
    await begin(1);
    job.enqueueFailures = 4;
    await start();
    await run.stepUntil(() => job.status.state === 'running');
    expect(job.queue).toEqual([0]);
  });

  it('goes on after the host is stopped and started again', async () => {
    await begin(1);
    await start();
    await run.stepUntil(() => job.status.state === 'running');
    await run.restart();
    job.progress.succeeded = 1;
    await run.stepUntil(() => job.status.state === 'succeeded');
    expect(await finished()).toMatchObject({ runtimeStatus: 'Completed' });
    expect(job.queue).toEqual([0]);
  });

  it('completes at once where there is no such job', async () => {
    await begin(1);
    job.hasRow = false;
    await start();
    expect(await finished()).toMatchObject({ runtimeStatus: 'Completed' });
  });

  it('first waits where its tasks were sent with its submission, and ends with one look', async () => {
    await begin(1);
    await startSent();
    job.progress.succeeded = 1;
    await run.engine.raiseEvent(instanceId, eventNames.taskCompleted, {});
    expect(await finished()).toMatchObject({ customStatus: { state: 'succeeded' } });
    expect(job).toMatchObject({ looks: 1, queue: [], isOpen: false });
  });

  it('of a submission that is slow comes to its row later', async () => {
    await begin(1);
    job.hasRow = false;
    await startSent();
    await run.stepUntil(() => job.looks === 3);
    job.hasRow = true;
    await run.stepUntil(() => job.status.state === 'running');
    job.progress.succeeded = 1;
    await run.engine.raiseEvent(instanceId, eventNames.taskCompleted, {});
    expect(await finished()).toMatchObject({ customStatus: { state: 'succeeded' } });
    expect(job.queue).toEqual([]);
  });

  it('of a submission that has died ends when its row cannot come any more', async () => {
    await begin(1);
    job.hasRow = false;
    await startSent();
    await run.step(40 * 60_000);
    expect(await run.engine.status(instanceId)).toMatchObject({ runtimeStatus: 'Running' });
    await run.step(20 * 60_000);
    expect(await finished()).toMatchObject({ runtimeStatus: 'Completed' });
    expect(job.looks).toBe(5);
  });

  it('does not fail before a timer can find its job', async () => {
    await begin(1);
    Object.assign(job, { recordFailures: 8, hasMark: false });
    await startSent();
    await run.stepUntil(() => job.status.state === 'running');
    expect(job.hasMark).toBe(true);
    job.progress.succeeded = 1;
    await run.stepUntil(() => job.status.state === 'succeeded');
    expect(await finished()).toMatchObject({ runtimeStatus: 'Completed' });
  });

  it('sends again what its policy says', async () => {
    await begin(2);
    await start();
    await run.stepUntil(() => job.status.state === 'running');
    job.progress.retryable.push({ task: 1, retry: 0 });
    await run.engine.raiseEvent(instanceId, eventNames.taskCompleted, {});
    await run.stepUntil(() => job.retried.length > 0);
    expect(job.retried).toEqual([{ task: 1, retry: 0 }]);
    job.progress.succeeded = 2;
    await run.stepUntil(() => job.status.state === 'succeeded');
    await finished();
  });

  it('makes the VM of its own, and takes it down with its end', async () => {
    await begin(1, { hasOwnTarget: true, persist: false });
    job.target.isPresent = false;
    await start();
    await run.stepUntil(() => job.queue.length === 1);
    expect(job.target.isPresent).toBe(true);
    job.progress.succeeded = 1;
    await run.stepUntil(() => job.status.state === 'succeeded');
    await finished();
    expect(job.isReleased).toBe(true);
  });

  it('takes down what it made after its end is recorded, so that nothing can be made in between', async () => {
    await begin(1, { hasOwnTarget: false, persist: false, hasControlPlaneAccess: true });
    await start();
    await run.stepUntil(() => job.queue.length === 1);
    expect(job.releasedAt).toBeNull();
    job.progress.succeeded = 1;
    await run.stepUntil(() => job.status.state === 'succeeded');
    await finished();
    expect(job.releasedAt).toBe('succeeded');
  });

  it('ends what runs where it is cancelled', async () => {
    await begin(2);
    await start();
    await run.stepUntil(() => job.status.state === 'running');
    job.target.running = 2;
    job.cancel = { at: '', code: 'CancelRequested', message: 'Enough.', graceMs: null };
    await run.engine.raiseEvent(instanceId, eventNames.taskCompleted, {});
    await run.stepUntil(() => job.status.state === 'cancelled');
    await finished();
    expect(job.status).toMatchObject({ tasks: { failed: 2 }, condition: { message: 'Enough.' } });
  });
});

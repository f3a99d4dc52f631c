import type { ActivityHandler } from 'durable-functions';
import { newJobStatus, type JobSnapshot, type JobStatus } from '../../shared/domain';
import { eventNames, jobActivities, jobInstanceId, orchestratorNames } from '../../shared/durable';
import { startSteppedRun, type SteppedRun } from './stepped-run';

const jobId = 'job-1';
const instanceId = jobInstanceId(jobId);

/** A job's rows and its queue in a few variables, behind the activities' own names. */
class PretendJob {
  status: JobStatus;
  readonly queue: number[] = [];
  readonly results = { succeeded: 0, failed: 0 };
  /** Result blobs whose completions were lost. */
  lost = 0;
  isTargetPresent = true;
  hasRow = true;
  isOpen = true;
  enqueueFailures = 0;

  constructor(tasks: number) {
    this.status = newJobStatus(tasks);
  }

  activities(): Record<string, ActivityHandler> {
    const { observe, record, steps } = jobActivities;
    const settings = { busyLookMs: 5_000, resultScanMs: 60_000 };
    return {
      [observe.name]: () => ({ snapshot: this.hasRow ? this.snapshot() : null, settings }),
      [record.name]: ({ status, isFinished }: { status: JobStatus; isFinished: boolean }) => {
        this.status = status;
        if (isFinished) this.isOpen = false;
        return null;
      },
      [steps.enqueueTasks.name]: ({ from, to }: { from: number; to: number }) => {
        if (this.enqueueFailures-- > 0) throw new Error('The queue is away.');
        for (let task = from; task < to; task++) this.queue.push(task);
        return null;
      },
      [steps.recoverResults.name]: () => {
        this.results.succeeded += this.lost;
        this.lost = 0;
        return null;
      },
    };
  }

  private snapshot(): JobSnapshot {
    const target = { isPresent: this.isTargetPresent, workersEnrolled: 1, message: '' };
    return { status: this.status, results: { ...this.results }, target };
  }
}

let job: PretendJob;
let run: SteppedRun;
async function begin(tasks: number): Promise<void> {
  job = new PretendJob(tasks);
  run = await startSteppedRun(() => job.activities());
}
const start = () => run.engine.startNew({ name: orchestratorNames.job, instanceId, input: { jobId } });
const finished = () => run.engine.whenFinished(instanceId);

afterEach(() => run.close());

describe('the job orchestrator', () => {
  it('enqueues every task of a large array once and completes with the last result', async () => {
    await begin(2_500);
    await start();
    await run.stepUntil(() => job.status.state === 'running');
    expect(job.queue).toEqual(Array.from({ length: 2_500 }, (_, task) => task));
    job.results.succeeded = 2_500;
    await run.engine.raiseEvent(instanceId, eventNames.taskCompleted, {});
    expect(await finished()).toMatchObject({
      runtimeStatus: 'Completed',
      customStatus: { state: 'succeeded', tasks: { total: 2_500, succeeded: 2_500, failed: 0 } },
    });
    expect(job.isOpen).toBe(false);
  });

  it('ends as failed where a task failed', async () => {
    await begin(2);
    await start();
    await run.stepUntil(() => job.status.state === 'running');
    Object.assign(job.results, { succeeded: 1, failed: 1 });
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
    job.isTargetPresent = false;
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
    job.results.succeeded = 1;
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
});

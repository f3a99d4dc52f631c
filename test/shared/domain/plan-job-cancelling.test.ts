import { planJob, type JobPlan, type JobSnapshot } from '../../../shared/domain';
import { job, jobPolicy, jobSettings, now, seconds } from './samples';

const plan = (snapshot: JobSnapshot): JobPlan => planJob({ snapshot, now, settings: jobSettings });
const cancel = { at: seconds(-1), code: 'CancelRequested' as const, message: 'Enough.', graceMs: 50 };
const sent = { enqueuedTo: 4, startedAt: seconds(-60), progressAt: seconds(-60), scannedAt: seconds(-1) };
const cancelling = (ago: number) => ({
  ...sent,
  state: 'cancelling' as const,
  cancel: { ...cancel, at: seconds(-ago) },
});

describe('a job that is to be cancelled', () => {
  it('of which nothing was sent ends at once', () => {
    const { status, steps, isFinished } = plan(job({ job: { cancel } }));
    expect(isFinished).toBe(true);
    expect(steps).toEqual([]);
    expect(status).toMatchObject({ state: 'cancelled', startedAt: null });
    expect(status.condition).toMatchObject({ code: 'CancelRequested', message: 'Enough.' });
  });

  it('ends at once too while it waits for other jobs', () => {
    const dependencies = [{ job: 'job-0', outcome: 'ended' as const, state: 'running' as const }];
    const snapshot = job({ job: { cancel }, status: { state: 'waiting' }, dependencies });
    expect(plan(snapshot).status).toMatchObject({ state: 'cancelled' });
  });

  it('tells its VMs, with its grace, and sends nothing any more', () => {
    const { status, steps, lookAt } = plan(job({ job: { cancel }, status: { ...sent, enqueuedTo: 2 } }));
    expect(steps).toEqual([{ kind: 'cancelTasks', input: { graceMs: 50 } }]);
    expect(status).toMatchObject({ state: 'cancelling', cancel: { at: now.toISOString() } });
    expect(lookAt).toBe(seconds(3));
  });

  it.each([
    ['while a VM runs a task of it', { running: 1 }, 60],
    ['while a VM was not heard since it must have known', { heardAt: seconds(-59) }, 60],
    ['before a VM must have known', {}, 2],
  ])('is not over %s', (_what, target, ago) => {
    const { status, steps, isFinished } = plan(job({ status: cancelling(ago), target }));
    expect({ steps, isFinished }).toEqual({ steps: [], isFinished: false });
    expect(status.state).toBe('cancelling');
  });

  it.each([
    ['every VM was heard since and runs none', {}],
    ['its VMs are gone', { heardAt: null, workersEnrolled: 0 }],
    ['its target is gone', { isPresent: false }],
  ])('is over when %s, after a last look at its results', (_what, target) => {
    const first = plan(job({ status: cancelling(60), target }));
    expect(first.steps).toEqual([{ kind: 'recoverResults', input: {} }]);
    const last = plan(job({ status: first.status, target, progress: { succeeded: 1 } }));
    expect(last).toMatchObject({ isFinished: true, status: { state: 'cancelled', tasks: { succeeded: 1 } } });
    expect(last.status.condition).toMatchObject({ code: 'CancelRequested' });
  });

  it('is over at once when every task has ended, whatever the VMs say', () => {
    const progress = { succeeded: 1, failed: 3 };
    expect(plan(job({ status: cancelling(1), target: { running: 2 }, progress }))).toMatchObject({
      isFinished: true,
      status: { state: 'cancelled' },
    });
  });

  it('that has succeeded in the meantime has succeeded', () => {
    const { status } = plan(job({ status: cancelling(1), progress: { succeeded: 4 } }));
    expect(status).toMatchObject({ state: 'succeeded', condition: null });
  });
});

describe('a job with a time-out', () => {
  const limited = (timeoutMs: number) => ({ job: { policy: { ...jobPolicy, timeoutMs } }, status: sent });

  it('is looked at no later than its time is over', () => {
    expect(plan(job(limited(102_000))).lookAt).toBe(seconds(2));
    expect(plan(job(limited(900_000))).lookAt).toBe(seconds(60));
  });

  it('is ended as a cancelled one is, and has failed', () => {
    const first = plan(job(limited(100_000)));
    expect(first.steps).toEqual([{ kind: 'cancelTasks', input: { graceMs: null } }]);
    expect(first.status).toMatchObject({ state: 'cancelling', cancel: { code: 'JobTimedOut' } });
    const { status } = plan(job({ status: first.status, progress: { succeeded: 1, failed: 3 } }));
    expect(status).toMatchObject({ state: 'failed', condition: { code: 'JobTimedOut' } });
  });
});

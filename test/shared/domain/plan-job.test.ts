import { enqueueChunk, planJob, type JobPlan, type JobSnapshot } from '../../../shared/domain';
import { condition, job, jobPolicy, jobSettings, now, seconds } from './samples';

const plan = (snapshot: JobSnapshot): JobPlan => planJob({ snapshot, now, settings: jobSettings });
const noWorkers = { workersEnrolled: 0, heardAt: null, isIdle: true, message: 'Azure has 0 of 2 VMs ready.' };
const gone = { isPresent: false, workersEnrolled: 0 };
const enqueued = { enqueuedTo: 4, scannedAt: seconds(-10), progressAt: seconds(-10) };
const total = (count: number) => ({ total: count, succeeded: 0, failed: 0 });
const policy = (changes: Partial<typeof jobPolicy>) => ({ policy: { ...jobPolicy, ...changes } });

describe('sending tasks', () => {
  it.each([
    ['a job of one task', 1, 0, 1, 60],
    ['the first part of an array', 25_000, 0, enqueueChunk, 0],
    ['the part that comes next', 25_000, enqueueChunk, 2 * enqueueChunk, 0],
    ['the rest', 25_000, 2 * enqueueChunk, 25_000, 60],
  ])('sends %s, and looks again at once where there is more', (_what, count, from, to, lookIn) => {
    const result = plan(job({ status: { tasks: total(count), enqueuedTo: from } }));
    expect(result.steps).toEqual([{ kind: 'enqueueTasks', input: { from, to, workers: 2 } }]);
    expect(result).toMatchObject({ lookAt: seconds(lookIn), status: { enqueuedTo: to }, isFinished: false });
  });

  it('sends before any worker is there, so that the first finds work', () => {
    expect(plan(job({ target: noWorkers })).steps).toHaveLength(1);
  });

  it.each([
    ['as many as may run at first', { enqueuedTo: 0 }, { succeeded: 0 }, [0, 2]],
    ['as many more as have ended', { enqueuedTo: 2 }, { succeeded: 1 }, [2, 3]],
    ['none while so many run', { enqueuedTo: 3 }, { succeeded: 1 }, undefined],
    ['none beyond the last', { enqueuedTo: 4 }, { succeeded: 3 }, undefined],
  ])('with a bound on those that run sends %s, each by itself', (_what, status, progress, part) => {
    const snapshot = job({ job: policy({ maxRunning: 2 }), status: { ...enqueued, ...status }, progress });
    const sent = plan(snapshot).steps.find((step) => step.kind === 'enqueueTasks');
    expect(sent && [sent.input.from, sent.input.to]).toEqual(part);
    if (sent) expect(sent.input.workers).toBe(4);
  });

  it('sends again what the policy runs again, and counts it as open', () => {
    const retry = { limit: 3, delayMs: 500 };
    const retryable = [{ task: 2, retry: 1 }];
    const snapshot = job({ job: policy({ retry }), status: enqueued, progress: { succeeded: 3, retryable } });
    const { steps, status, isFinished } = plan(snapshot);
    expect(steps).toEqual([{ kind: 'retryTasks', input: { tasks: retryable, delayMs: 500 } }]);
    expect(status).toMatchObject({ tasks: { succeeded: 3, failed: 0 }, progressAt: now.toISOString() });
    expect(isFinished).toBe(false);
  });
});

describe('waiting for tasks', () => {
  it('says that it waits for workers, and why there are none', () => {
    const { status, lookAt } = plan(job({ target: noWorkers, status: enqueued }));
    expect(status).toMatchObject({
      state: 'starting',
      startedAt: null,
      condition: { code: 'WaitingForWorkers' },
    });
    expect(status.condition?.message).toContain('Azure has 0 of 2 VMs ready.');
    expect(lookAt).toBe(seconds(60));
  });

  it('runs from the moment a worker is there', () => {
    const { status, steps } = plan(job({ status: enqueued }));
    expect(status).toMatchObject({ state: 'running', startedAt: now.toISOString(), condition: null });
    expect(steps).toEqual([]);
  });

  it('stays running where the workers went, and says since when it waits', () => {
    const before = { ...enqueued, startedAt: seconds(-100), condition: condition('WaitingForWorkers') };
    const { status } = plan(job({ target: noWorkers, status: before }));
    expect(status).toMatchObject({
      state: 'running',
      startedAt: seconds(-100),
      condition: { code: 'WaitingForWorkers', since: seconds(-30) },
    });
  });

  it.each([
    ['not before', 59.999, false],
    ['once', 60, true],
  ])('looks for lost completions, %s a minute is over', (_word, age, isDue) => {
    const { steps, status } = plan(job({ status: { ...enqueued, scannedAt: seconds(-age) } }));
    expect(steps).toEqual(isDue ? [{ kind: 'recoverResults', input: {} }] : []);
    expect(status.scannedAt).toBe(isDue ? now.toISOString() : seconds(-age));
  });

  it('counts from its first look, where its tasks were sent with its submission', () => {
    const sent = job({ status: { ...enqueued, scannedAt: null, progressAt: null } });
    const first = plan(sent);
    expect(first.steps).toEqual([]);
    expect(first.status).toMatchObject({ scannedAt: now.toISOString(), progressAt: now.toISOString() });
    const later = { now: new Date(seconds(60)), settings: jobSettings };
    const target = { isIdle: true, heardAt: seconds(60) };
    const { steps } = planJob({ snapshot: job({ status: first.status, target }), ...later });
    expect(steps.map((step) => step.kind)).toEqual(['recoverResults', 'redeliverTasks']);
  });

  it.each([
    ['where all workers have had nothing to do for a minute', {}, true],
    ['not while one runs a task', { isIdle: false }, false],
    ['not where there is no worker', { workersEnrolled: 0, heardAt: null }, false],
    ['not where one was not heard since', { heardAt: seconds(-30) }, false],
  ])('sends lost tasks again: %s', (_what, target, isDue) => {
    const status = { ...enqueued, scannedAt: seconds(-1), progressAt: seconds(-61) };
    const result = plan(job({ status, target: { isIdle: true, heardAt: seconds(0), ...target } }));
    expect(result.steps).toEqual(isDue ? [{ kind: 'redeliverTasks', input: {} }] : []);
    expect(result.status.progressAt).toBe(isDue ? now.toISOString() : seconds(-61));
  });
});

describe('ending', () => {
  it.each([
    ['succeeded', { succeeded: 4, failed: 0 }, null],
    ['failed', { succeeded: 3, failed: 1 }, 'TasksFailed'],
    ['failed', { succeeded: 0, failed: 4 }, 'TasksFailed'],
  ])('ends as %s with %j', (state, progress, code) => {
    const result = plan(job({ progress, status: { ...enqueued, startedAt: seconds(-9) } }));
    expect(result).toMatchObject({ isFinished: true, steps: [] });
    expect(result.status).toMatchObject({ state, startedAt: seconds(-9), endedAt: now.toISOString() });
    expect(result.status.tasks).toEqual({ total: 4, ...progress });
    expect(result.status.condition?.code ?? null).toBe(code);
  });

  it('ends even where its last results came before it saw a worker', () => {
    const { status } = plan(job({ progress: { succeeded: 4 }, status: enqueued }));
    expect(status).toMatchObject({ state: 'succeeded', startedAt: now.toISOString() });
  });

  it('does not end again, nor later, when it is asked again', () => {
    const ended = {
      ...enqueued,
      state: 'succeeded' as const,
      tasks: { total: 4, succeeded: 4, failed: 0 },
      startedAt: seconds(-900),
      endedAt: seconds(-800),
    };
    const snapshot = job({ progress: { succeeded: 4 }, target: gone, status: ended });
    expect(plan(snapshot)).toMatchObject({ isFinished: true, steps: [], status: snapshot.status });
  });

  it('looks once more for results where the target was removed, and fails with what had not ended', () => {
    const first = plan(job({ progress: { succeeded: 1 }, target: gone, status: enqueued }));
    expect(first).toMatchObject({ isFinished: false, lookAt: now.toISOString() });
    expect(first.steps).toEqual([{ kind: 'recoverResults', input: {} }]);
    const last = plan(job({ progress: { succeeded: 1 }, target: gone, status: first.status }));
    expect(last).toMatchObject({ isFinished: true, status: { state: 'failed', endedAt: now.toISOString() } });
    expect(last.status.condition).toMatchObject({ code: 'TargetRemoved' });
    expect(last.status.condition?.message).toContain('3 of 4 tasks');
  });

  it('succeeds where that last look found every result', () => {
    const first = plan(job({ target: gone, status: enqueued }));
    const last = plan(job({ progress: { succeeded: 4 }, target: gone, status: first.status }));
    expect(last).toMatchObject({ isFinished: true, status: { state: 'succeeded', condition: null } });
  });

  it('puts nothing on the queue of a target that was removed', () => {
    expect(plan(job({ target: gone })).steps).not.toContainEqual(
      expect.objectContaining({ kind: 'enqueueTasks' }),
    );
  });

  it('fails with the reason where its VM could not be made', () => {
    const target = { failure: 'The requested size is not available.' };
    const first = plan(job({ target, status: enqueued }));
    const last = plan(job({ target, status: first.status }));
    expect(last).toMatchObject({ status: { state: 'failed', condition: { code: 'TargetFailed' } } });
    expect(last.status.condition?.message).toContain('The requested size is not available.');
  });
});

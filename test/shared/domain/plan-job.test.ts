import { enqueueChunk, planJob, type JobPlan, type JobSnapshot } from '../../../shared/domain';
import { condition, job, jobSettings, now, seconds } from './samples';

const plan = (snapshot: JobSnapshot): JobPlan => planJob({ snapshot, now, settings: jobSettings });
const noWorkers = { isPresent: true, workersEnrolled: 0, message: 'Azure has 0 of 2 VMs ready.' };
const gone = { isPresent: false, workersEnrolled: 0, message: '' };
const enqueued = { enqueuedTo: 4, scannedAt: seconds(-10) };
const total = (count: number) => ({ total: count, succeeded: 0, failed: 0 });

describe('planJob', () => {
  it.each([
    ['a job of one task', 1, 0, 1],
    ['the first part of an array', 2500, 0, enqueueChunk],
    ['the part that comes next', 2500, enqueueChunk, 2 * enqueueChunk],
    ['the rest', 2500, 2 * enqueueChunk, 2500],
  ])('enqueues %s and looks again at once', (_what, count, from, to) => {
    const result = plan(job({ status: { tasks: total(count), enqueuedTo: from } }));
    expect(result.steps).toEqual([{ kind: 'enqueueTasks', input: { from, to } }]);
    expect(result).toMatchObject({
      lookAt: now.toISOString(),
      status: { enqueuedTo: to },
      isFinished: false,
    });
  });

  it('enqueues before any worker is there, so that the first finds work', () => {
    expect(plan(job({ target: noWorkers })).steps).toHaveLength(1);
  });

  it('says that it waits for workers, and why there are none', () => {
    const { status, lookAt } = plan(job({ target: noWorkers, status: enqueued }));
    expect(status).toMatchObject({
      state: 'starting',
      startedAt: null,
      condition: { code: 'WaitingForWorkers' },
    });
    expect(status.condition?.message).toContain('Azure has 0 of 2 VMs ready.');
    expect(lookAt).toBe(seconds(5));
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

  it.each([
    ['succeeded', { succeeded: 4, failed: 0 }, null],
    ['failed', { succeeded: 3, failed: 1 }, 'TasksFailed'],
    ['failed', { succeeded: 0, failed: 4 }, 'TasksFailed'],
  ])('ends as %s with %j', (state, results, code) => {
    const result = plan(job({ results, status: { ...enqueued, startedAt: seconds(-9) } }));
    expect(result).toMatchObject({ isFinished: true, steps: [] });
    expect(result.status).toMatchObject({ state, startedAt: seconds(-9), endedAt: now.toISOString() });
    expect(result.status.tasks).toEqual({ total: 4, ...results });
    expect(result.status.condition?.code ?? null).toBe(code);
  });

  it('ends even where its last results came before it saw a worker', () => {
    const { status } = plan(job({ results: { succeeded: 4, failed: 0 }, status: enqueued }));
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
    const snapshot = job({ results: { succeeded: 4, failed: 0 }, target: gone, status: ended });
    expect(plan(snapshot)).toMatchObject({ isFinished: true, steps: [], status: snapshot.status });
  });

  it('looks once more for results where the target was removed, and fails with what had not ended', () => {
    const results = { succeeded: 1, failed: 0 };
    const first = plan(job({ results, target: gone, status: enqueued }));
    expect(first).toMatchObject({ isFinished: false, lookAt: now.toISOString() });
    expect(first.steps).toEqual([{ kind: 'recoverResults', input: {} }]);
    const last = plan(job({ results, target: gone, status: first.status }));
    expect(last).toMatchObject({ isFinished: true, status: { state: 'failed', endedAt: now.toISOString() } });
    expect(last.status.condition).toMatchObject({ code: 'TargetRemoved' });
    expect(last.status.condition?.message).toContain('3 of 4 tasks');
  });

  it('succeeds where that last look found every result', () => {
    const first = plan(job({ target: gone, status: enqueued }));
    const last = plan(job({ results: { succeeded: 4, failed: 0 }, target: gone, status: first.status }));
    expect(last).toMatchObject({ isFinished: true, status: { state: 'succeeded', condition: null } });
  });

  it('puts nothing on the queue of a target that was removed', () => {
    expect(plan(job({ target: gone })).steps).not.toContainEqual(
      expect.objectContaining({ kind: 'enqueueTasks' }),
    );
  });
});

import type { TaskEnd } from '../../../shared/contracts';
import {
  blockPrefix,
  isRunAgain,
  openBlocks,
  progressOf,
  shareRetries,
  shareTasks,
  taskKey,
  sentKey,
  taskKeyPrefix,
  type TaskRow,
} from '../../../shared/domain';

const ended = (task: number, exitCode: number, retry = 0): TaskRow => ({
  task,
  retry,
  outcome: {
    attemptId: '001-a',
    worker: 'vm-0',
    end: 'exited',
    exitCode,
    signal: null,
    message: '',
    startedAt: '',
    endedAt: '',
    stdoutBytes: 0,
    stderrBytes: 0,
    outputIn: 'result',
    batch: 'jobs/job-1/results/a.json',
  },
});
const sent = (task: number, retry: number): TaskRow => ({ task, retry, outcome: null });
const status = (total: number) => ({ tasks: { total, succeeded: 0, failed: 0 }, closed: {} });
const upTo = (count: number): number[] => Array.from({ length: count }, (_, task) => task);

describe('what the tasks of a job came to', () => {
  test.each([
    ['nothing', [], { succeeded: 0, failed: 0 }],
    ['one of each', [ended(0, 0), ended(1, 3)], { succeeded: 1, failed: 1 }],
    ['by the last run alone', [ended(0, 3), ended(0, 0, 1)], { succeeded: 1, failed: 0 }],
    ['a run that was sent again has not ended', [ended(0, 3), sent(0, 1)], { succeeded: 0, failed: 0 }],
    ['one that has ended since has', [ended(0, 3), ended(0, 0, 1), sent(0, 1)], { succeeded: 1, failed: 0 }],
    ['in whatever order', [ended(0, 3), sent(0, 1), ended(0, 0, 1)], { succeeded: 1, failed: 0 }],
  ])('is %s', (_what, rows, counts) => {
    const progress = progressOf({ status: status(2000), rows, retry: null });
    expect(progress).toEqual({ ...counts, closed: {}, retryable: [] });
  });

  test('names the tasks that the policy runs again; they have not failed', () => {
    const rows = [ended(0, 3), ended(1, 3, 2), ended(2, 0), sent(3, 1)];
    expect(progressOf({ status: status(4), rows, retry: { limit: 2, delayMs: 0 } })).toMatchObject({
      succeeded: 1,
      failed: 1,
      retryable: [{ task: 0, retry: 0 }],
    });
  });

  test('closes a block whose every task has ended, and counts it without its rows from then on', () => {
    const rows = upTo(1000).map((task) => ended(task, task === 7 ? 1 : 0));
    const first = progressOf({ status: status(1500), rows: [...rows, ended(1200, 0)], retry: null });
    expect(first).toMatchObject({ succeeded: 1000, failed: 1, closed: { 0: { succeeded: 999, failed: 1 } } });
    const later = { ...status(1500), closed: first.closed };
    const rest = upTo(500).map((task) => ended(1000 + task, 0));
    expect(progressOf({ status: later, rows: rest, retry: null })).toMatchObject({
      succeeded: 1499,
      failed: 1,
      closed: { 0: { succeeded: 999, failed: 1 }, 1: { succeeded: 500, failed: 0 } },
    });
  });

  test.each([
    [0, {}, []],
    [1, {}, [0]],
    [2500, {}, [0, 1, 2]],
    [2500, { 1: { succeeded: 1000, failed: 0 } }, [0, 2]],
  ])('of %d tasks sent, without closed blocks %j, is read from blocks %j', (enqueuedTo, closed, blocks) => {
    expect(openBlocks({ enqueuedTo, closed })).toEqual(blocks);
  });

  test('lies under keys that begin with their block and their task', () => {
    expect(taskKey(42_007, 3)).toBe('042007.003');
    expect(sentKey(42_007, 3)).toBe('042007.003-sent');
    expect(taskKey(42_007, 3).startsWith(blockPrefix(42))).toBe(true);
    expect(taskKey(42_007, 3).startsWith(taskKeyPrefix(42_007))).toBe(true);
  });
});

describe('a policy', () => {
  const outcome = (end: TaskEnd, exitCode: number | null) => ({ end, exitCode });
  test.each([
    ['every failure', undefined, outcome('exited', 1), true],
    ['a time-out', undefined, outcome('timed-out', null), true],
    ['a lost VM', undefined, outcome('vm-lost', null), true],
    ['success not', undefined, outcome('exited', 0), false],
    ['a cancelled task not', undefined, outcome('cancelled', null), false],
    ['what can never run not', undefined, outcome('specification-invalid', null), false],
    ['the codes it names', [75, 9], outcome('exited', 75), true],
    ['no other code', [75, 9], outcome('exited', 1), false],
    ['no other end, where it names codes', [75], outcome('timed-out', null), false],
  ])('runs again: %s', (_what, exitCodes, ofTask, expected) => {
    expect(isRunAgain(ofTask, 0, { limit: 1, delayMs: 0, exitCodes })).toBe(expected);
  });

  test('runs a task again as often as it says', () => {
    const policy = { limit: 2, delayMs: 0 };
    expect([0, 1, 2, 3].map((retry) => isRunAgain(outcome('exited', 1), retry, policy))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(isRunAgain(outcome('exited', 1), 0, null)).toBe(false);
  });
});

describe('tasks shared out over messages', () => {
  test('are each by themselves where there are few for each worker', () => {
    expect(shareTasks({ from: 0, to: 5, total: 5, workers: 3 })).toEqual([[0], [1], [2], [3], [4]]);
  });

  test.each([
    [1000, 8],
    [100_000, 1],
    [100_000, 64],
    [10_000, 1000],
    [7, 0],
  ])('%d over %d workers: each once, shares never grow, none above a hundred', (total, workers) => {
    const shares = shareTasks({ from: 0, to: total, total, workers });
    expect(shares.flat()).toEqual(upTo(total));
    const sizes = shares.map((share) => share.length);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
    expect(sizes.at(-1)).toBe(1);
  });

  test('leave the last worker with little to do: no share is more than its part of what is left', () => {
    const shares = shareTasks({ from: 0, to: 1000, total: 1000, workers: 8 });
    expect(shares[0]).toHaveLength(62);
    expect(shares.length).toBeLessThan(90);
  });

  test('go by what is left of the whole job, in each of its parts', () => {
    const parts = [0, 10_000].flatMap((from) =>
      shareTasks({ from, to: from + 10_000, total: 20_000, workers: 50 }),
    );
    expect(parts.flat()).toEqual(upTo(20_000));
    expect(parts.filter((share) => share.length === 1).length).toBeLessThan(220);
  });
});

describe('tasks that are run again', () => {
  const runs = (count: number, retry = 1, step = 1) =>
    Array.from({ length: count }, (_, index) => ({ task: index * step, retry }));
  const sizes = (shares: { tasks: number[] }[]) => shares.map(({ tasks }) => tasks.length);

  it('are a message each where they are few, or have to wait for others', () => {
    expect(shareRetries(runs(3))).toEqual([0, 1, 2].map((task) => ({ tasks: [task], retry: 1 })));
    expect(new Set(sizes(shareRetries(runs(500), 1)))).toEqual(new Set([1]));
    expect(shareRetries([])).toEqual([]);
  });

  it('share messages where they are many, none twice, none left out', () => {
    const shares = shareRetries(runs(500).reverse());
    expect(Math.max(...sizes(shares))).toBe(16);
    expect(shares.length).toBeGreaterThanOrEqual(32);
    expect(shares.flatMap(({ tasks }) => tasks)).toEqual(runs(500).map(({ task }) => task));
  });

  it('share one only with those of the same retry, less than a hundred numbers away', () => {
    for (const { tasks } of shareRetries(runs(500, 1, 30)))
      expect(tasks.at(-1)! - tasks[0]!).toBeLessThan(100);
    const mixed = shareRetries([...runs(100, 1), ...runs(100, 2)]);
    expect(mixed.filter(({ retry }) => retry === 2).flatMap(({ tasks }) => tasks)).toHaveLength(100);
    expect(mixed.some(({ tasks }) => tasks.length > 1)).toBe(true);
  });
});

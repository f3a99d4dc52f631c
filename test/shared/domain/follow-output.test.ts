import {
  countingRuns,
  jobPlaceText,
  parseJobPlace,
  parseTaskPlace,
  planFollow,
  taskPlaceText,
  type AttemptRun,
  type FollowStep,
  type TaskPlace,
} from '../../../shared/domain';

const run = (attemptId: string, changes: Partial<AttemptRun> = {}): AttemptRun => ({
  retry: 0,
  attemptId,
  stdoutBytes: 10,
  stderrBytes: 0,
  batch: null,
  isCommitted: false,
  createdAt: '2026-01-01T00:00:00.000Z',
  ...changes,
});
const place = (attemptId: string, stdout: number, changes: Partial<TaskPlace> = {}): TaskPlace => ({
  retry: 0,
  attemptId,
  stdout,
  stderr: 0,
  ...changes,
});

/** `begin a`, `a stdout 0-10`. */
const told = (steps: FollowStep[]): string[] =>
  steps.map((step) =>
    step.kind === 'begin'
      ? `begin ${step.run.attemptId}`
      : `${step.run.attemptId} ${step.stream} ${step.from}-${step.to}`,
  );

const later = '2026-01-01T00:01:00.000Z';
const a = run('a');
const b = run('b', { createdAt: later, stdoutBytes: 5 });
const retried = run('r1', { retry: 1, stdoutBytes: 7 });
const again = run('r2', { retry: 2, stdoutBytes: 3 });
const committed = { isCommitted: true };

describe('a reader is brought on', () => {
  test.each<[string, TaskPlace | undefined, AttemptRun[], string[]]>([
    ['by nothing, before anything has begun', undefined, [], []],
    ['from the first byte of the only attempt', undefined, [a], ['begin a', 'a stdout 0-10']],
    ['from his place', place('a', 4), [a], ['a stdout 4-10']],
    ['by nothing, where he has read all', place('a', 10), [a], []],
    [
      'by the beginning of an attempt that has no output yet',
      undefined,
      [run('a', { stdoutBytes: 0 })],
      ['begin a'],
    ],
    [
      'to the last attempt at once, where he has read nothing',
      undefined,
      [a, b],
      ['begin b', 'b stdout 0-5'],
    ],
    [
      'to the one that counts, where he has read nothing',
      undefined,
      [run('a', committed), b],
      ['begin a', 'a stdout 0-10'],
    ],
    [
      'through the rest of his attempt to the one in its place',
      place('a', 4),
      [a, b],
      ['a stdout 4-10', 'begin b', 'b stdout 0-5'],
    ],
    [
      'back to an earlier attempt that has committed after all',
      place('b', 5),
      [run('a', committed), b],
      ['begin a', 'a stdout 0-10'],
    ],
    [
      'through each further run',
      place('a', 10),
      [run('a', committed), run('r1', { ...retried, ...committed }), again],
      ['begin r1', 'r1 stdout 0-7', 'begin r2', 'r2 stdout 0-3'],
    ],
    [
      'to the last run at once, where he has read nothing',
      undefined,
      [run('a', committed), retried],
      ['begin r1', 'r1 stdout 0-7'],
    ],
    [
      'to the last run, where his attempt is not known',
      place('gone', 4),
      [a, retried],
      ['begin r1', 'r1 stdout 0-7'],
    ],
    [
      'by nothing back, where an attempt of an earlier retry lingers on',
      place('r1', 7, { retry: 1 }),
      [a, b, retried],
      [],
    ],
  ])('%s', (_what, from, runs, expected) => {
    expect(told(planFollow({ place: from, runs, streams: ['stdout'] }))).toEqual(expected);
  });

  test('in the streams that he wants', () => {
    const both = run('a', { stderrBytes: 2 });
    expect(told(planFollow({ place: undefined, runs: [both], streams: ['stdout', 'stderr'] }))).toEqual([
      'begin a',
      'a stdout 0-10',
      'a stderr 0-2',
    ]);
    expect(told(planFollow({ place: undefined, runs: [both], streams: ['stderr'] }))).toEqual([
      'begin a',
      'a stderr 0-2',
    ]);
    const at = place('a', 10, { stderr: 1 });
    expect(told(planFollow({ place: at, runs: [both], streams: ['stdout', 'stderr'] }))).toEqual([
      'a stderr 1-2',
    ]);
  });

  test('from the byte that he asks for, in the first attempt alone', () => {
    const start = { stdout: 8, stderr: 0 };
    expect(told(planFollow({ place: undefined, runs: [a], streams: ['stdout'], start }))).toEqual([
      'begin a',
      'a stdout 8-10',
    ]);
    expect(told(planFollow({ place: undefined, runs: [b], streams: ['stdout'], start }))).toEqual([
      'begin b',
    ]);
    expect(told(planFollow({ place: place('a', 10), runs: [a, b], streams: ['stdout'], start }))).toEqual([
      'begin b',
      'b stdout 0-5',
    ]);
  });
});

test('of each retry one attempt counts: the committed one, else the one begun last', () => {
  const ids = (runs: AttemptRun[]): string[] => countingRuns(runs).map((one) => one.attemptId);
  expect(ids([again, b, a, retried])).toEqual(['b', 'r1', 'r2']);
  expect(ids([b, run('a', committed)])).toEqual(['a']);
  expect(ids([run('x'), run('y')])).toEqual(['y']);
});

describe('the id of an event', () => {
  test('of a task says attempt and next bytes, and is read back', () => {
    const text = taskPlaceText(12, place('001-0123456789ab-12', 7, { retry: 1, stderr: 9 }));
    expect(text).toBe('12:1:001-0123456789ab-12:7:9');
    expect(parseTaskPlace(text)).toEqual({
      task: 12,
      retry: 1,
      attemptId: '001-0123456789ab-12',
      stdout: 7,
      stderr: 9,
    });
  });

  test('of a job says which tasks were read to their ends, and where the others are', () => {
    const tasks = new Map([
      [200, place('x-200', 1)],
      [203, place('x-203', 2)],
    ]);
    const text = jobPlaceText({ hundred: 2, ended: new Set([200, 299]), tasks });
    expect(text).toBe('2.8000000000000000000000001~203:0:x-203:2:0');
    expect(parseJobPlace(text)).toEqual({
      hundred: 2,
      ended: new Set([200, 299]),
      tasks: new Map([[203, place('x-203', 2)]]),
    });
    expect(parseJobPlace('0.0')).toEqual({ hundred: 0, ended: new Set(), tasks: new Map() });
  });

  test.each(['', 'x', '1:2:3', '1:0:A:0:0', '1:0:a/b:0:0', '1:0:a:-1:0', '1234567:0:a:0:0', '1:0:a:0:0:0'])(
    '%p is none of a task',
    (text) => {
      expect(parseTaskPlace(text)).toBeUndefined();
    },
  );
  test.each(['', '0', '0.', '0.g', '0.0~', '0.0~100:0:a:0:0', `0.${'f'.repeat(26)}`, '0.0~x'])(
    '%p is none of a job',
    (text) => {
      expect(parseJobPlace(text)).toBeUndefined();
    },
  );
});

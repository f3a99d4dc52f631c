import {
  attemptIdOf,
  attemptPrefix,
  commandOutputBlob,
  commandRunPrefix,
  jobPrefix,
  outputBlob,
  parseOutputBlob,
  parseResultBatchBlob,
  resultBatchBlob,
  resultBatchPrefixes,
  specificationBlob,
  taskPrefix,
  workerPrefix,
} from '../../../shared/contracts';

const names = [
  { jobId: 'job-1', task: 0, retry: 0, attemptId: '001-abcdef012345' },
  { jobId: 'j', task: 99_999, retry: 12, attemptId: '010-000000000000' },
  { jobId: 'tasks', task: 7, retry: 999, attemptId: 'attempts' },
];

describe.each(names)('of %j', (name) => {
  test.each(['stdout', 'stderr'] as const)(
    'a segment of %s is read back as what it was named for',
    (stream) => {
      for (const segment of [0, 1, 9999]) {
        expect(parseOutputBlob(outputBlob(name, stream, segment))).toEqual({
          ...name,
          stream,
          segment,
        });
      }
    },
  );
  test("every name lies under the job's, the task's and the attempt's prefix", () => {
    const blob = outputBlob(name, 'stdout', 0);
    expect(blob.startsWith(jobPrefix(name.jobId))).toBe(true);
    expect(blob.startsWith(taskPrefix(name.jobId, name.task))).toBe(true);
    expect(blob.startsWith(attemptPrefix(name))).toBe(true);
  });
});

test.each([
  specificationBlob('job-1'),
  '',
  'job-1',
  'jobs/job-1/results/1-1.000.a.json',
  'jobs/job-1/results/000001-000001.000.a.json.tmp',
  'jobs/job-1/tasks/000001/000/attempts/a/b/stdout.0000',
  'jobs/job-1/tasks/000001/000/attempts/a/stdin.0000',
  'jobs/job-1/tasks/000001/000/attempts//stdout.0000',
  'x/jobs/job-1/results/000001-000001.000.a.json',
  'job-1/results/000001-000001.000.a.json',
  'jobs/job-1/results/00000١-000001.000.a.json',
])('%j is the name of no result and no output', (blob) => {
  expect(parseOutputBlob(blob)).toBeUndefined();
  expect(parseResultBatchBlob(blob)).toBeUndefined();
});

test('a listing by name is a listing by number, of tasks and of segments', () => {
  const numbers = [0, 2, 9, 10, 99, 100, 999];
  const batchId = '001-abcdef012345-0';
  const tasks = numbers.map((first) => resultBatchBlob({ jobId: 'j', first, last: 999, retry: 0, batchId }));
  const segments = numbers.map((segment) => outputBlob(names[0]!, 'stdout', segment));
  expect([...tasks].sort()).toEqual(tasks);
  expect([...segments].sort()).toEqual(segments);
});

describe('a batch of results', () => {
  const name = { jobId: 'job-1', first: 187, last: 286, retry: 2, batchId: '003-abcdef012345-17' };
  test('is read back as what it was named for', () => {
    expect(parseResultBatchBlob(resultBatchBlob(name))).toEqual(name);
  });
  test.each([
    ['its first task', [187]],
    ['its last', [286]],
    ['several', [12, 200, 600]],
  ])('is found by %s', (_what, tasks) => {
    const prefixes = resultBatchPrefixes('job-1', tasks);
    expect(prefixes.some((prefix) => resultBatchBlob(name).startsWith(prefix))).toBe(true);
  });
  test('is looked for in two places at most for one task, in one for the first hundred', () => {
    expect(resultBatchPrefixes('job-1', [12_345])).toHaveLength(2);
    expect(resultBatchPrefixes('job-1', [7])).toEqual(['jobs/job-1/results/0000']);
  });
});

describe('attemptIdOf', () => {
  const messageId = '4b0c1f0e-94e3-4c5e-9d0a-000000000001';
  test('orders attempts by delivery, whatever their messages are', () => {
    const ids = [1, 2, 9, 10, 99, 100].map((dequeueCount, index) =>
      attemptIdOf({ dequeueCount, messageId: `${'fedcba'[index]}${messageId.slice(1)}` }, 7),
    );
    expect([...ids].sort()).toEqual(ids);
  });
  test('tells two messages of the same task apart, and tasks of one message; one delivery of a task has one name', () => {
    const other = attemptIdOf({ dequeueCount: 1, messageId: `a${messageId.slice(1)}` }, 7);
    expect(attemptIdOf({ dequeueCount: 1, messageId }, 7)).not.toBe(other);
    expect(attemptIdOf({ dequeueCount: 1, messageId }, 8)).toBe('001-4b0c1f0e94e3-8');
  });
  test('is a name that can stand in a path of blobs', () => {
    expect(attemptIdOf({ dequeueCount: 3, messageId }, 0)).toMatch(/^[0-9a-f-]+$/);
  });
});

test('what a command wrote lies under its worker`s and its run`s prefix, and is no task`s', () => {
  const run = { worker: 'vmss-cbox_3-0', runId: '20260301T120000000Z-1' };
  const blob = commandOutputBlob(run, 'stderr', 12);
  expect(blob).toBe(`${commandRunPrefix(run)}stderr.0012`);
  expect(blob.startsWith(workerPrefix(run.worker))).toBe(true);
  expect(parseOutputBlob(blob)).toBeUndefined();
});

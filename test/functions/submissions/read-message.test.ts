import { readJobText, readMessage } from '../../../functions/submissions/read-message';

const job = { target: { scaleSet: 'cbox' }, run: { program: 'true' } };
const read = (message: unknown) => readMessage(JSON.stringify(message));
const targets = (message: unknown): (string | undefined)[] => {
  const { asked } = read(message);
  return 'problems' in asked ? asked.problems.map((problem) => problem.target) : ['(usable)'];
};

describe('a usable message', () => {
  test('is a job alone, or a job in an envelope with key and reply pointer', () => {
    expect(read(job)).toMatchObject({ asked: { request: job }, idempotencyKey: null, replyTo: null });
    const envelope = { version: 1, job, idempotencyKey: 'k', replyTo: { queue: 'replies-me' } };
    expect(read(envelope)).toMatchObject({
      asked: { request: job },
      idempotencyKey: 'k',
      replyTo: { queue: 'replies-me' },
    });
  });

  test('may name a blob that holds the job', () => {
    const jobBlob = { name: 'today/one.json' };
    expect(read({ version: 1, jobBlob }).asked).toEqual({
      blob: { container: 'job-submissions', name: 'today/one.json' },
    });
    expect(readJobText(`\uFEFF${JSON.stringify(job)}`)).toMatchObject({ request: job });
  });
});

describe('an unusable message has every problem named', () => {
  test.each<[string, unknown, string[]]>([
    ['a number', 7, ['(message)']],
    ['a list', [job], ['(message)']],
    ['an empty object', {}, ['target', 'run']],
    [
      'a job with three problems',
      { ...job, run: {}, colour: 1, maxRunning: 0 },
      ['run.program', 'maxRunning', 'colour'],
    ],
    [
      'a job in an envelope, and the envelope',
      { version: 2, job: { run: job.run }, speed: 1 },
      ['version', 'job.target', 'speed'],
    ],
    ['an envelope without a job', { version: 1 }, ['job']],
    ['an envelope with two jobs', { version: 1, job, jobBlob: { name: 'a' } }, ['job']],
    [
      'a blob of another container',
      { version: 1, jobBlob: { container: 'content', name: 'a' } },
      ['jobBlob.container'],
    ],
    ['an empty key', { version: 1, job, idempotencyKey: '' }, ['idempotencyKey']],
    ['a key of 201 characters', { version: 1, job, idempotencyKey: 'k'.repeat(201) }, ['idempotencyKey']],
  ])('%s', (_what, message, problems) => {
    expect(targets(message)).toEqual(problems);
  });

  test.each([
    'task-completions',
    'job-submissions',
    'replies',
    'replies-',
    'replies--a',
    'replies-A',
    `replies-${'a'.repeat(60)}`,
  ])('the reply queue %p is none that may be named', (queue) =>
    expect(targets({ version: 1, job, replyTo: { queue } })).toEqual(['replyTo.queue']),
  );

  test.each(['../content/x', '/x', 'a//b', '.hidden', 'a/../b', 'a\\b', '', 'a?b', 'x'.repeat(201)])(
    'the blob %p is none that may be named',
    (blob) => {
      expect(targets({ version: 1, job, replyTo: { blob } })).toEqual(['replyTo.blob']);
      expect(targets({ version: 1, jobBlob: { name: blob } })).toEqual(['jobBlob.name']);
    },
  );

  test('and yet its reply pointer and key count, where these are usable', () => {
    const replyTo = { blob: 'mine.json' };
    expect(read({ version: 1, job: {}, idempotencyKey: 'k', replyTo })).toMatchObject({
      idempotencyKey: 'k',
      replyTo,
      asked: { problems: [{ target: 'job.target' }, { target: 'job.run' }] },
    });
  });

  test('what is not JSON says where it ceases to be', () => {
    const { asked, text } = readMessage('{"target": {"scaleSet": "cbox"}, ');
    expect(text).toBe('{"target": {"scaleSet": "cbox"}, ');
    expect(asked).toMatchObject({
      problems: [{ code: 'InvalidJson', message: expect.stringContaining('position'), target: '(message)' }],
    });
    expect(readJobText('nope')).toMatchObject({ problems: [{ code: 'InvalidJson', target: 'jobBlob' }] });
  });
});

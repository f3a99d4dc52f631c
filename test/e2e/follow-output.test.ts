import { createHash } from 'node:crypto';
import type { FollowEvent, FollowOptions } from '../../client';
import type { TaskView } from '../../shared/contracts';
import { makeGate, type Gate } from '../support/gate';
import { eventually, startLocalStack, text, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
let gate: Gate;
beforeAll(async () => {
  stack = await startLocalStack({
    MUSTER_FOLLOW_LOOK_MS: '100',
    MUSTER_FOLLOW_IDLE_LOOK_MS: '500',
    MUSTER_FOLLOW_KEEP_ALIVE_MS: '300',
    // Every follow of more than this is one of several connections.
    MUSTER_FOLLOW_LIMIT_MS: '1500',
    MUSTER_FOLLOW_LIMIT_BYTES: '1000000',
  });
  await stack.client.putScaleSet('cbox', { template: 'cbox', capacity: 2, workersPerInstance: 2 });
  await eventually('the scale set is ready', async () => {
    return (await stack.client.getScaleSet('cbox'))?.state === 'ready';
  });
}, 90_000);
afterAll(() => stack?.dispose());
beforeEach(async () => void (gate = await makeGate()));
afterEach(() => gate.close());

const target = { scaleSet: 'cbox' };

async function follow(jobId: string, options: FollowOptions = {}): Promise<FollowEvent[]> {
  const events: FollowEvent[] = [];
  for await (const event of stack.client.followOutput(jobId, options)) events.push(event);
  return events;
}

type Output = Extract<FollowEvent, { event: 'output' }>;
const outputs = (events: FollowEvent[]): Output[] => events.filter((event) => event.event === 'output');

/** Bytes of one stream of the last attempt; throws where a piece does not begin where the last one ended. */
function bytesOf(
  events: FollowEvent[],
  { task = 0, stream = 'stdout' as 'stdout' | 'stderr', from = 0 } = {},
): Buffer {
  const parts: Uint8Array[] = [];
  let next = from;
  for (const event of events) {
    if (event.event === 'attempt' && event.task === task) [parts.length, next] = [0, from];
    if (event.event !== 'output' || event.task !== task || event.stream !== stream) continue;
    expect(event.offset).toBe(next);
    next += event.bytes.length;
    parts.push(event.bytes);
  }
  return Buffer.concat(parts);
}

const headers = (more: Record<string, string> = {}) => ({ 'x-functions-key': stack.key, ...more });
const get = (path: string, more: Record<string, string> = {}) =>
  fetch(new URL(`/api/jobs/${path}`, stack.url), { headers: headers(more) });

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('a follow of one stream', () => {
  test('of a running task brings every byte once over many connections, and ends with how the task ended', async () => {
    // 3 MB, in pieces, for longer than one connection lasts and more than one connection brings.
    const script =
      'for i in 0 1 2 3 4 5 6 7 8 9; do seq $((i * 50000)) $((i * 50000 + 49999)); sleep 0.3; done; exit 3';
    const bytes = Buffer.from(Array.from({ length: 500_000 }, (_, i) => `${i}\n`).join(''));
    const job = await stack.client.submitJob({ target, run: { script } });
    const events = await follow(job.id, { task: 0, stream: 'stdout' });
    expect(sha256(bytesOf(events))).toBe(sha256(bytes));
    expect(events.filter((event) => event.event === 'attempt')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({
      event: 'end',
      task: {
        task: 0,
        state: 'failed',
        end: 'exited',
        exitCode: 3,
        stdoutBytes: bytes.length,
        stderrBytes: 0,
      },
    });
  });

  test('goes on at the next byte of any event id, while the task runs and when it has ended', async () => {
    const script = `printf one; ${gate.wait}; printf two`;
    const job = await stack.client.submitJob({ target, run: { script, interpreter: 'bash' } });
    const first: FollowEvent[] = [];
    for await (const event of stack.client.followOutput(job.id, { task: 0, stream: 'stdout' })) {
      first.push(event);
      if (event.event === 'output') break;
    }
    gate.open();
    const rest = await follow(job.id, { task: 0, stream: 'stdout', lastEventId: first.at(-1)!.id });
    expect(text(bytesOf(first))).toBe('one');
    expect(rest.map((event) => event.event)).toEqual(['output', 'end']);
    expect(text(bytesOf(rest, { from: 3 }))).toBe('two');
    expect(await follow(job.id, { task: 0, stream: 'stdout', lastEventId: rest[0]!.id })).toMatchObject([
      { event: 'end' },
    ]);
    expect(await follow(job.id, { task: 0, stream: 'stdout', lastEventId: rest[1]!.id })).toEqual([]);
    const late = await follow(job.id, { task: 0, stream: 'stdout', offset: 4 });
    expect(text(bytesOf(late, { from: 4 }))).toBe('wo');
  });

  test('ends within a second of the end of a quiet task', async () => {
    const script = `printf begun; ${gate.wait}`;
    const job = await stack.client.submitJob({ target, run: { script, interpreter: 'bash' } });
    const following = follow(job.id, { task: 0, stream: 'stdout' });
    await eventually('the task waits', async () => gate.waiting() === 1);
    gate.open();
    const { task } = (await following).at(-1) as { task: TaskView };
    expect(Date.now() - Date.parse(task.endedAt!)).toBeLessThan(1500);
  });

  test('of short output, which lies in the result, brings it too', async () => {
    const job = await stack.client.submitJob({ target, run: { script: 'echo out; echo err >&2' } });
    const events = await follow(job.id, { task: 0, stream: 'stderr' });
    expect(text(bytesOf(events, { stream: 'stderr' }))).toBe('err\n');
    expect(outputs(events).every((event) => event.stream === 'stderr')).toBe(true);
  });
});

describe('a follow of a task', () => {
  test('that has not begun says why it waits, and keeps the connection alive', async () => {
    const first = await stack.client.submitJob({ target, run: { script: gate.wait, interpreter: 'bash' } });
    const job = await stack.client.submitJob({
      target,
      run: { script: 'echo late' },
      dependsOn: [{ job: first.id }],
    });
    const answer = await get(`${job.id}/tasks/0/output`, { accept: 'text/event-stream' });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    // Ends by itself in time, without an end of the task.
    const raw = await answer.text();
    expect(raw).toMatch(/^retry: \d+\n\n/);
    expect(raw).toMatch(/event: state\ndata: .*"code":"WaitingForJobs","message":"It waits for 'job-/);
    expect(raw).toContain('\n: keep-alive\n');
    expect(raw).not.toMatch(/event: (output|attempt|end)/);
    const following = follow(job.id, { task: 0 });
    gate.open();
    expect(text(bytesOf(await following))).toBe('late\n');
  });

  test('labels both streams, and brings each whole', async () => {
    const script = 'for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; sleep 0.2; done';
    const job = await stack.client.submitJob({ target, run: { script } });
    const events = await follow(job.id, { task: 0 });
    const lines = (word: string): string => [1, 2, 3, 4, 5].map((i) => `${word} ${i}\n`).join('');
    expect(text(bytesOf(events))).toBe(lines('out'));
    expect(text(bytesOf(events, { stream: 'stderr' }))).toBe(lines('err'));
  });

  test('that is run again tells so, and goes on with the new attempt from its first byte', async () => {
    const script = `echo "run $MUSTER_TASK_RETRY"; ${gate.wait}; echo "more $MUSTER_TASK_RETRY"; [ $MUSTER_TASK_RETRY = 2 ] || exit 7`;
    const job = await stack.client.submitJob({
      target,
      run: { script, interpreter: 'bash' },
      retry: { limit: 2, exitCodes: [7] },
    });
    const events: FollowEvent[] = [];
    for await (const event of stack.client.followOutput(job.id, { task: 0, stream: 'stdout' })) {
      // No sooner: a run that has ended when a follower first looks is not told of.
      if (event.event === 'output' && event.retry === 0 && outputs(events).length === 0) gate.open();
      if (event.event !== 'state') events.push(event);
    }
    const told = events.map((event) => (event.event === 'attempt' ? `retry ${event.retry}` : event.event));
    expect(told.filter((word) => word !== 'output')).toEqual(['retry 0', 'retry 1', 'retry 2', 'end']);
    const ofRun = (retry: number): string =>
      text(
        Buffer.concat(
          outputs(events)
            .filter((event) => event.retry === retry)
            .map((event) => event.bytes),
        ),
      );
    for (const retry of [0, 1, 2]) expect(ofRun(retry)).toBe(`run ${retry}\nmore ${retry}\n`);
    expect(events.at(-1)).toMatchObject({ event: 'end', task: { state: 'succeeded', retry: 2 } });
  });

  test.each([
    ['job-nothing/tasks/0/stdout?follow=true', 404, 'JobNotFound'],
    ['JOB/tasks/1/stdout?follow=true', 404, 'TaskNotFound'],
    ['JOB/tasks/0/output?follow=true&attempt=001-nothing', 404, 'AttemptNotFound'],
    ['JOB/tasks/0/output?follow=true&offset=1', 400, 'InvalidRequest'],
    ['JOB/tasks/0/stdout?follow=maybe', 400, 'InvalidRequest'],
    ['job-nothing/output?follow=true', 404, 'JobNotFound'],
  ])('%s is %d %s before any stream begins', async (path, status, code) => {
    const job = await stack.client.submitJob({ target, run: { program: 'true' } });
    const answer = await get(path.replace('JOB', job.id));
    expect([answer.status, await answer.json()]).toMatchObject([status, { error: { code } }]);
  });

  test('with an id that is none of it is 400', async () => {
    const job = await stack.client.submitJob({ target, run: { program: 'true' } });
    for (const id of ['nonsense', '1:0:001-a:0:0', '0:0:001-a:0'])
      expect((await get(`${job.id}/tasks/0/stdout?follow=true`, { 'last-event-id': id })).status).toBe(400);
  });
});

describe('output of a whole job', () => {
  test('is followed over all its tasks, each labelled, and ends with the job', async () => {
    const count = 130;
    const job = await stack.client.submitJob({
      target,
      array: { count },
      run: { script: 'echo "task $MUSTER_TASK_INDEX"; [ $MUSTER_TASK_INDEX != 7 ]' },
    });
    const events = await follow(job.id);
    for (let task = 0; task < count; task++) expect(text(bytesOf(events, { task }))).toBe(`task ${task}\n`);
    const ended = events.filter((event) => event.event === 'task-end').map((event) => event.task.task);
    expect([...ended].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, task) => task));
    expect(events.at(-1)).toMatchObject({
      event: 'end',
      job: { id: job.id, state: 'failed', tasks: { total: count, succeeded: count - 1, failed: 1 } },
    });
    const middle = events[Math.floor(events.length / 2)]!;
    const rest = await follow(job.id, { lastEventId: middle.id });
    // Of the tasks that had not been read in full by then, in whichever order.
    const whatOf = (some: FollowEvent[]) => some.map(({ id: _, ...what }) => JSON.stringify(what)).sort();
    expect(whatOf(rest)).toEqual(whatOf(events.slice(events.indexOf(middle) + 1)));
  });

  test('without follow is what is there by now', async () => {
    const script = `echo "$MUSTER_TASK_INDEX"; [ $MUSTER_TASK_INDEX = 0 ] || { ${gate.wait}; }`;
    const job = await stack.client.submitJob({
      target,
      array: { count: 2 },
      run: { script, interpreter: 'bash' },
    });
    const raw = await eventually('both tasks have said something', async () => {
      const answer = await (await get(`${job.id}/output`)).text();
      return answer.split('event: output').length === 3 && answer.includes('task-end') && answer;
    });
    expect(raw).not.toContain('event: end');
    gate.open();
  });
});

describe('both streams at once', () => {
  test('without follow are all of stdout, then all of stderr, and it says where the one ends', async () => {
    const job = await stack.client.submitJob({ target, run: { script: 'echo err >&2; echo out' } });
    await stack.client.waitForJob(job.id, 20);
    const answer = await get(`${job.id}/tasks/0/output`);
    expect([
      answer.headers.get('x-muster-stdout-bytes'),
      answer.headers.get('x-muster-stderr-bytes'),
    ]).toEqual(['4', '4']);
    expect(await answer.text()).toBe('out\nerr\n');
    expect((await get(`${job.id}/tasks/0/output?offset=1`)).status).toBe(400);
  });
});

import type { App } from '../../../functions/app';
import { JobChanges } from '../../../functions/jobs/changes';
import { followOutput, type FollowRequest } from '../../../functions/jobs/follow/follow';
import type { FollowMessage } from '../../../functions/jobs/follow/message';
import { readConfig } from '../../../shared/config';
import { connectStorage, createJobOutput, createRecords, prepareStorage } from '../../../shared/azure';
import { outputBlob, type AttemptName, type OutputStream, type Owner } from '../../../shared/contracts';
import { newJobStatus, ownerContainerName, type JobRow, type JobStatus } from '../../../shared/domain';
import { currentRun } from '../../../functions/jobs/task-output';
import { keepResults, putJobStatus, putSent } from '../../../functions/records/jobs';
import type { Records } from '../../../shared/ports';
import { startAzurite, type RunningAzurite } from '../../support/azurite';

let azurite: RunningAzurite;
let storage: ReturnType<typeof connectStorage>;
beforeAll(async () => {
  azurite = await startAzurite();
  storage = connectStorage({ AzureWebJobsStorage: azurite.connectionString });
  await prepareStorage(storage);
  await container().createIfNotExists();
});
afterAll(() => azurite.stop());

const owner: Owner = { kind: 'scale-set', name: 'cbox', incarnation: 'aaaaaaaa' };
const container = () => storage.blobs.getContainerClient(ownerContainerName(owner));

let count = 0;
/** A job of its own for each test, the app's part that a follow needs, and a worker's side of storage. */
async function world(settings: Record<string, string> = {}, taskCount = 1) {
  const jobId = `job-${++count}`;
  const job: JobRow = {
    ...{ jobId, owner, taskCount, name: null, requestHash: '', specification: null, ownTarget: null },
    ...{ persist: false, cancel: null, keepMs: null, key: null, createdAt: '2026-01-01T00:00:00.000Z' },
    policy: {
      retry: { limit: 1, delayMs: 0 },
      maxRunning: null,
      timeoutMs: null,
      priority: 'normal',
      dependsOn: [],
    },
  };
  const config = readConfig({
    AzureWebJobsStorage: azurite.connectionString,
    MUSTER_SIGNING_KEY: 'x'.repeat(32),
    MUSTER_PUBLIC_URL: 'http://127.0.0.1:1',
    ...settings,
  });
  const looks: number[] = [];
  const inner = createRecords(storage);
  await inner.put('jobs', { partition: 'job', key: jobId, value: job });
  const records: Records = {
    ...inner,
    list: (table: never, ...rest: [never, never]) => {
      if (table === 'tasks') looks.push(Date.now());
      return inner.list(table, ...rest);
    },
  } as Records;
  const app = {
    ...{ config, records, jobOutput: createJobOutput(storage) },
    ...{ taskChanges: new JobChanges(), jobChanges: new JobChanges() },
  } as unknown as App;
  const attempt = (changes: Partial<AttemptName> = {}): AttemptName => ({
    jobId,
    task: 0,
    retry: 0,
    attemptId: '001-a-0',
    ...changes,
  });
  return {
    app,
    job,
    looks,
    attempt,
    status: (changes: Partial<JobStatus>) => putJobStatus(inner, jobId, { ...newJobStatus(job), ...changes }),
    async append(name: AttemptName, segment: number, text: string, stream: OutputStream = 'stdout') {
      const blob = container().getAppendBlobClient(outputBlob(name, stream, segment));
      await blob.createIfNotExists();
      await blob.appendBlock(text, Buffer.byteLength(text));
    },
    /** As the control plane hears of it. */
    async end(name: AttemptName, { stdoutBytes, exitCode = 0 }: { stdoutBytes: number; exitCode?: number }) {
      const at = new Date().toISOString();
      const result = {
        ...{ version: 1 as const, ...name, worker: 'vm-0', end: 'exited' as const, exitCode, signal: null },
        ...{
          message: '',
          startedAt: at,
          endedAt: at,
          stdoutBytes,
          stderrBytes: 0,
          outputIn: 'blobs' as const,
        },
      };
      await keepResults(inner, job, { blob: 'no-batch', results: [result] });
      app.taskChanges.changed(jobId);
    },
  };
}

type Made = Awaited<ReturnType<typeof world>>;

function follow({ app, job }: Made, changes: Partial<FollowRequest> = {}, gone = new AbortController()) {
  const request: FollowRequest = {
    ...{ job, task: 0, isFollowing: true },
    wanted: { streams: ['stdout'], start: { stdout: 0, stderr: 0 }, attempt: undefined },
    place: { hundred: undefined, ended: new Set(), tasks: new Map() },
    ...changes,
  };
  const messages: FollowMessage[] = [];
  const done = (async () => {
    for await (const message of followOutput(app, request, gone.signal)) messages.push(message);
  })();
  return { messages, done, gone };
}

const textOf = (messages: FollowMessage[], attemptId?: string): string =>
  messages
    .flatMap((message) => (message.event === 'output' ? [message.data] : []))
    .filter((data) => attemptId === undefined || data.attemptId === attemptId)
    .map((data) => Buffer.from(data.bytes, 'base64').toString())
    .join('');
const until = async (what: string, is: () => boolean): Promise<void> => {
  for (const deadline = Date.now() + 5000; !is();) {
    if (Date.now() > deadline) throw new Error(`Waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

const quick = { MUSTER_FOLLOW_LOOK_MS: '20', MUSTER_FOLLOW_IDLE_LOOK_MS: '40' };

test('a stream that goes on in further segments is read without a seam, though it is cut in the middle of each', async () => {
  const made = await world(quick);
  const name = made.attempt();
  const { messages, done } = follow(made);
  let expected = '';
  for (let segment = 0; segment < 4; segment++) {
    for (const part of ['x', 'yy', 'zzz']) {
      const text = `${segment}${part}-`;
      expected += text;
      await made.append(name, segment, text);
      await until(`${text} is read`, () => textOf(messages) === expected);
    }
  }
  await made.end(name, { stdoutBytes: expected.length });
  await done;
  expect(messages.at(-1)).toMatchObject({ event: 'end', data: { state: 'succeeded' } });
  // Each piece goes on where the one before it ended, whichever segment it lies in.
  const pieces = messages.flatMap((message) => (message.event === 'output' ? [message] : []));
  let next = 0;
  for (const { id, data } of pieces) {
    expect(data.offset).toBe(next);
    next += Buffer.from(data.bytes, 'base64').length;
    expect(id).toBe(`0:0:001-a-0:${next}:0`);
  }
});

test('an attempt whose VM was lost is followed by the one in its place; should the first have won after all, by it again', async () => {
  const made = await world(quick);
  const [first, second] = [made.attempt(), made.attempt({ attemptId: '002-a-0' })];
  await made.append(first, 0, 'first');
  const { messages, done } = follow(made);
  await until('the first is read', () => textOf(messages) === 'first');
  await new Promise((resolve) => setTimeout(resolve, 1100)); // storage tells creation times in whole seconds
  await made.append(second, 0, 'second');
  await until('the second is read', () => textOf(messages, '002-a-0') === 'second');
  await made.append(first, 0, ' won');
  await made.end(first, { stdoutBytes: 9 });
  await done;
  expect(
    messages.map((message) => (message.event === 'attempt' ? message.data.attemptId : message.event)),
  ).toEqual([...['001-a-0', 'output', '002-a-0', 'output', '001-a-0', 'output', 'end']]);
  expect(textOf(messages.slice(4))).toBe('first won');
});

test('an end is told at once when this instance hears of it, however rarely it looks', async () => {
  const made = await world({ MUSTER_FOLLOW_LOOK_MS: '60000', MUSTER_FOLLOW_IDLE_LOOK_MS: '60000' });
  await made.append(made.attempt(), 0, 'quiet');
  const { messages, done } = follow(made);
  await until('the beginning is read', () => textOf(messages) === 'quiet');
  const begun = Date.now();
  await made.end(made.attempt(), { stdoutBytes: 5 });
  await done;
  expect(Date.now() - begun).toBeLessThan(1500);
  expect(made.looks).toHaveLength(2);
});

test('a change while it looks is not missed, and many changes are few looks', async () => {
  const made = await world({ MUSTER_FOLLOW_LOOK_MS: '60000', MUSTER_FOLLOW_IDLE_LOOK_MS: '60000' });
  const { done, gone } = follow(made);
  await until('it looks', () => made.looks.length === 1);
  for (let i = 0; i < 50; i++) {
    made.app.taskChanges.changed(made.job.jobId);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await until('it has looked again', () => made.looks.length >= 2);
  expect(made.looks.length).toBeLessThan(6);
  gone.abort();
  await done;
});

test('without news it looks ever more rarely, and says that it lives', async () => {
  const made = await world({
    MUSTER_FOLLOW_LOOK_MS: '20',
    MUSTER_FOLLOW_IDLE_LOOK_MS: '300',
    MUSTER_FOLLOW_KEEP_ALIVE_MS: '250',
  });
  await made.append(made.attempt(), 0, 'x');
  const { messages, done, gone } = follow(made);
  await until(
    'it has said so twice',
    () => messages.filter(({ event }) => event === 'keep-alive').length >= 2,
  );
  expect(made.looks.length).toBeLessThan(12);
  gone.abort();
  await done;
});

test('once its reader has gone it looks no more', async () => {
  const made = await world({ MUSTER_FOLLOW_LOOK_MS: '30000', MUSTER_FOLLOW_IDLE_LOOK_MS: '30000' });
  const { done, gone } = follow(made);
  await until('it looks', () => made.looks.length === 1);
  gone.abort();
  await done;
  made.app.taskChanges.changed(made.job.jobId);
  expect(made.looks).toHaveLength(1);
});

test('it ends itself in time, and after so many bytes, without an end; the last id leads on', async () => {
  const made = await world({ ...quick, MUSTER_FOLLOW_LIMIT_MS: '200', MUSTER_FOLLOW_LIMIT_BYTES: '60000' });
  const name = made.attempt();
  const text = 'abcdefghij'.repeat(15_000);
  await made.append(name, 0, text);
  const first = follow(made);
  await first.done;
  expect(first.messages.at(-1)).toMatchObject({ event: 'output' });
  const read = textOf(first.messages).length;
  expect(read).toBeGreaterThanOrEqual(60_000);
  expect(read).toBeLessThan(text.length);
  const tasks = new Map([[0, { retry: 0, attemptId: '001-a-0', stdout: read, stderr: 0 }]]);
  const second = follow(made, { place: { hundred: undefined, ended: new Set(), tasks } });
  await second.done;
  expect(textOf(first.messages) + textOf(second.messages)).toBe(
    text.slice(0, read + textOf(second.messages).length),
  );
  const tail = new Map([[0, { retry: 0, attemptId: '001-a-0', stdout: text.length, stderr: 0 }]]);
  const idle = follow(made, { place: { hundred: undefined, ended: new Set(), tasks: tail } });
  await idle.done;
  expect(idle.messages).toEqual([]);
});

test('bytes that are gone break the stream off: it never looks complete', async () => {
  const made = await world(quick);
  await made.append(made.attempt(), 0, 'short');
  await made.end(made.attempt(), { stdoutBytes: 6 });
  const { done } = follow(made);
  await expect(done).rejects.toThrow('Of stdout of task 0, 1 bytes are gone.');
});

test('until the next run of a task has begun, the output that counts is that of the last one', async () => {
  const made = await world();
  await made.end(made.attempt(), { stdoutBytes: 0, exitCode: 1 });
  await putSent(made.app.records, made.job, [{ task: 0, retry: 1 }]);
  expect(await currentRun(made.app, made.job, 0)).toMatchObject({ retry: 0, attemptId: '001-a-0' });
  await made.append(made.attempt({ retry: 1, attemptId: '001-b-0' }), 0, 'again');
  expect(await currentRun(made.app, made.job, 0)).toMatchObject({ retry: 1, attemptId: '001-b-0' });
});

test('a job whose tasks never began ends with it', async () => {
  const made = await world(quick, 3);
  await made.status({ state: 'cancelled', endedAt: '2026-01-01T00:00:01.000Z' });
  const { messages, done } = follow(made, {
    task: undefined,
    place: { hundred: 0, ended: new Set([1]), tasks: new Map() },
  });
  await done;
  expect(messages.map(({ event }) => event)).toEqual(['task-end', 'task-end', 'end']);
  expect(messages[0]).toMatchObject({ id: '0.3', data: { task: 0, state: 'cancelled', attemptId: null } });
});

import type { DurableClient } from 'durable-functions';
import type { App } from '../../../functions/app';
import { beginRemoval, removalRound } from '../../../functions/jobs/remove-job';
import { dueExpiries, dueRemovals, putExpiry } from '../../../functions/records/expiry';
import { getJob, keepResults, putJobStatus } from '../../../functions/records/jobs';
import { readConfig } from '../../../shared/config';
import {
  connectStorage,
  createJobOutput,
  createRecords,
  createWorkQueue,
  prepareStorage,
} from '../../../shared/azure';
import { outputBlob, type Owner, type TaskResult } from '../../../shared/contracts';
import {
  expiryOf,
  newJobStatus,
  ownerContainerName,
  workQueueName,
  type JobRow,
} from '../../../shared/domain';
import { startAzurite, type RunningAzurite } from '../../support/azurite';

let azurite: RunningAzurite;
let storage: ReturnType<typeof connectStorage>;
beforeAll(async () => {
  azurite = await startAzurite();
  storage = connectStorage({ AzureWebJobsStorage: azurite.connectionString });
  await prepareStorage(storage);
});
afterAll(() => azurite.stop());

const ended = '2026-01-01T00:00:10.000Z';
const day = 86_400_000;
const endOfTime = Date.parse('9999-01-01');
let count = 0;

/** A job that has ended, with output and rows, on an owner of its own; `failAt`: that write fails, and all after it, as after a crash. */
async function world() {
  const jobId = `job-${++count}`;
  const owner: Owner = {
    kind: 'scale-set',
    name: 'cbox',
    incarnation: `aaaa${String(count).padStart(4, '0')}`,
  };
  const records = createRecords(storage);
  const output = createJobOutput(storage)(owner);
  const queue = createWorkQueue(storage);
  const key = `key-${count}`;
  const job: JobRow = {
    ...{ jobId, owner, taskCount: 3, name: null, requestHash: 'hash', specification: null, ownTarget: null },
    ...{ persist: false, cancel: null, keepMs: 1000, key, createdAt: '2026-01-01T00:00:00.000Z' },
    policy: { retry: null, maxRunning: null, timeoutMs: null, priority: 'normal', dependsOn: [] },
  };
  const status = { ...newJobStatus(job), state: 'succeeded' as const, endedAt: ended };
  await records.put('jobs', { partition: 'job', key: jobId, value: job });
  await records.put('jobs', { partition: 'key', key, value: { jobId, requestHash: 'hash' } });
  await putJobStatus(records, jobId, status);
  await putExpiry(records, expiryOf(job, status)!, jobId);
  const container = storage.blobs.getContainerClient(ownerContainerName(owner));
  await container.createIfNotExists();
  for (const task of [0, 1, 2]) {
    await container
      .getAppendBlobClient(outputBlob({ jobId, task, retry: 0, attemptId: 'a' }, 'stdout', 0))
      .create();
    await keepResults(records, job, { blob: 'none', results: [resultOf(jobId, task)] });
  }
  const purged: string[] = [];
  const durable = {
    getStatus: async () => ({ runtimeStatus: 'Completed' }),
    purgeInstanceHistory: async (instanceId: string) => void purged.push(instanceId),
  } as unknown as DurableClient;
  const config = readConfig({
    AzureWebJobsStorage: azurite.connectionString,
    MUSTER_SIGNING_KEY: 'x'.repeat(32),
    MUSTER_PUBLIC_URL: 'http://127.0.0.1:1',
  });
  let now = Date.parse(ended) + 5000;
  const appWith = (failAt: number): App => {
    let writes = 0;
    const crashing = <Port extends object>(port: Port): Port =>
      new Proxy(port, {
        get: (target, name) => {
          const method = Reflect.get(target, name) as (...given: unknown[]) => Promise<unknown>;
          if (!/^(put|insert|replace|remove)/.test(String(name))) return method;
          return async (...given: unknown[]) => {
            if (writes++ >= failAt) throw new Error('crashed');
            return method.call(target, ...given);
          };
        },
      });
    return {
      ...{ config, records: crashing(records), workQueue: queue },
      jobOutput: () => crashing(output),
      clock: { now: () => now },
    } as unknown as App;
  };
  return {
    ...{ job, records, queue, durable, purged, appWith },
    advance: (ms: number) => void (now += ms),
    /** What is due by now, as the timer takes it. */
    async rounds(app: App): Promise<void> {
      const due = (await dueRemovals(records, now, 1000)).filter(({ value }) => value.jobId === jobId);
      for (const one of due) await removalRound(app, durable, one);
    },
    async left() {
      const lists = await Promise.all([
        dueExpiries(records, endOfTime, 1000),
        dueRemovals(records, endOfTime, 1000),
      ]);
      const [expiries, removals] = lists.map(
        (list) => list.filter(({ value }) => value.jobId === jobId).length,
      );
      return {
        job: (await getJob(records, jobId)) !== undefined,
        tasks: (await records.list('tasks', `${jobId}:${owner.incarnation}`)).length,
        attempts: (await output.listAttempts(jobId)).length,
        key: (await records.get('jobs', 'key', key)) !== undefined,
        ...{ expiries, removals },
      };
    },
  };
}

function resultOf(jobId: string, task: number): TaskResult {
  return {
    ...{
      version: 1,
      jobId,
      task,
      retry: 0,
      attemptId: 'a',
      worker: 'w',
      end: 'exited',
      exitCode: 0,
      signal: null,
    },
    ...{ message: '', startedAt: ended, endedAt: ended, stdoutBytes: 0, stderrBytes: 0, outputIn: 'blobs' },
  };
}

const whole = { job: true, tasks: 3, attempts: 3, key: true, expiries: 1, removals: 0 };
const remembered = { job: false, tasks: 0, attempts: 0, key: true, expiries: 0, removals: 1 };

test('a deletion that is cut off at any write is brought to its end by the rounds, or was none', async () => {
  const outcomes = new Set<string>();
  for (let failAt = 0; ; failAt++) {
    const made = await world();
    const first = made.appWith(failAt);
    const job = (await getJob(made.records, made.job.jobId))!;
    const isWhole = await beginRemoval(first, job)
      .then((due) => removalRound(first, made.durable, due))
      .then(
        () => true,
        () => false,
      );
    if (failAt === 0) expect(await made.left()).toEqual(whole);
    else {
      const app = made.appWith(Infinity);
      await made.rounds(app);
      // An entry of the other list whose job is gone is dropped when it is due.
      expect({ ...(await made.left()), expiries: 0 }).toEqual(remembered);
      expect(made.purged).toContain(`job:${made.job.jobId}`);
    }
    outcomes.add(String(isWhole));
    if (isWhole) break;
  }
  expect([...outcomes].sort()).toEqual(['false', 'true']);
});

test('what came too late goes when the deleted job is forgotten, and its key is free then', async () => {
  const made = await world();
  const app = made.appWith(Infinity);
  const due = await beginRemoval(app, (await getJob(made.records, made.job.jobId))!);
  await removalRound(app, made.durable, due);
  await keepResults(made.records, made.job, { blob: 'late', results: [resultOf(made.job.jobId, 1)] });
  await made.rounds(app);
  expect(await made.left()).toEqual({ ...remembered, tasks: 1 });
  made.advance(7 * day + 1);
  await made.rounds(app);
  expect(await made.left()).toEqual({ ...remembered, tasks: 0, key: false, removals: 0 });
});

test('a deleted job is not forgotten while a message of it may come', async () => {
  const made = await world();
  const app = made.appWith(Infinity);
  const queue = workQueueName(made.job.owner);
  await made.queue.create(queue);
  await made.queue.enqueue(queue, [{ version: 1, jobId: made.job.jobId, tasks: [0], retry: 0 }]);
  await made.records.put('resources', {
    partition: 'scale-set',
    key: 'cbox',
    value: { owner: made.job.owner, wanted: 'present' },
  });
  const due = await beginRemoval(app, (await getJob(made.records, made.job.jobId))!);
  await removalRound(app, made.durable, due);
  made.advance(7 * day + 1);
  await made.rounds(app);
  expect(await made.left()).toEqual(remembered);
  await made.queue.remove(queue);
  await made.queue.create(queue);
  made.advance(day + 1);
  await made.rounds(app);
  expect(await made.left()).toEqual({ ...remembered, key: false, removals: 0 });
});

test('only what is due is listed, the oldest first', async () => {
  const records = createRecords(storage);
  const jobs = ['b', 'a', 'c'].map((name) => `due-${name}`);
  const at = (seconds: number): string => new Date(Date.parse('2020-01-01') + seconds * 1000).toISOString();
  await putExpiry(records, at(2), jobs[0]!);
  await putExpiry(records, at(1), jobs[1]!);
  await putExpiry(records, at(3), jobs[2]!);
  const due = await dueExpiries(records, Date.parse(at(2)), 100);
  expect(due.map(({ value }) => value.jobId)).toEqual(['due-a', 'due-b']);
  expect(await dueExpiries(records, Date.parse(at(2)), 1)).toHaveLength(1);
});

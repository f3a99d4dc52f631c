import { connectStorage, createJobOutput, createRecords } from '../../shared/azure';
import type { Owner } from '../../shared/contracts';
import type { JobRow } from '../../shared/domain';
import { makeGate, type Gate } from '../support/gate';
import { Collector } from '../worker/support/collector';
import { eventually, runNow, startLocalStack, text, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
let gate: Gate;
let collector: Collector;
beforeAll(async () => {
  collector = await Collector.start();
  stack = await startLocalStack({
    MUSTER_LOGS_OTLP_ENDPOINT: collector.url,
    MUSTER_LOGS_OTLP_HEADERS: 'authorization=Bearer%20collector-secret',
    MUSTER_JOB_KEEP_LEAST_MS: '1',
    MUSTER_JOB_TOMBSTONE_MS: '4000',
  });
  await stack.client.putScaleSet('cbox', { template: 'cbox', capacity: 1, workersPerInstance: 2 });
  await eventually('the scale set is ready', async () => {
    return (await stack.client.getScaleSet('cbox'))?.state === 'ready';
  });
}, 90_000);
afterAll(async () => {
  await stack?.dispose();
  await collector.stop();
});
beforeEach(async () => void (gate = await makeGate()));
afterEach(() => gate.close());

const target = { scaleSet: 'cbox' };
const ended = (id: string) =>
  eventually(`job ${id} ended`, async () => {
    const job = await stack.client.waitForJob(id, 5);
    return job.endedAt === null ? false : job;
  });
const call = (method: string, path: string, headers: Record<string, string> = {}) =>
  fetch(new URL(path, stack.url), { method, headers: { 'x-functions-key': stack.key, ...headers } });

test('lines of tasks go to the OpenTelemetry collector that is set, labelled, with its headers', async () => {
  const job = await stack.client.submitJob({ target, run: { script: 'echo to the sink' } });
  const line = await eventually('the line has come', async () =>
    collector.lines.find(({ attributes }) => attributes['muster.job.id'] === job.id),
  );
  expect(line).toMatchObject({
    text: 'to the sink',
    attributes: { 'muster.task': 0, 'log.iostream': 'stdout' },
  });
  expect(collector.requests[0]?.authorization).toBe('Bearer collector-secret');
});

describe('attempts of a task', () => {
  test('are listed with their ends, and each is read by its id, short output and long', async () => {
    const script =
      'echo "run $MUSTER_TASK_RETRY"; [ $MUSTER_TASK_RETRY != 1 ] || seq 20000; [ $MUSTER_TASK_RETRY = 2 ] || exit 7';
    const job = await stack.client.submitJob({ target, run: { script }, retry: { limit: 2 } });
    await ended(job.id);
    const attempts = await stack.client.listAttempts(job.id, 0);
    expect(attempts).toMatchObject([
      { retry: 0, counts: true, end: 'exited', exitCode: 7, stdoutBytes: 6 },
      { retry: 1, counts: true, end: 'exited', exitCode: 7 },
      { retry: 2, counts: true, end: 'exited', exitCode: 0, stdoutBytes: 6 },
    ]);
    const long = `run 1\n${Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join('')}`;
    const read = async (attempt: string) =>
      text(await stack.client.readOutput(job.id, { task: 0, stream: 'stdout', attempt }));
    expect(await Promise.all(attempts.map((attempt) => read(attempt.attemptId)))).toEqual([
      'run 0\n',
      long,
      'run 2\n',
    ]);
    expect(text(await stack.client.readOutput(job.id, { task: 0, stream: 'stdout' }))).toBe('run 2\n');
    const followed: string[] = [];
    const { attemptId: attempt } = attempts[1]!;
    for await (const event of stack.client.followOutput(job.id, { task: 0, attempt }))
      followed.push(event.event === 'output' ? text(event.bytes) : event.event);
    expect([followed[0], followed.slice(1, -1).join(''), followed.at(-1)]).toEqual(['attempt', long, 'end']);
  });

  test('that still run are listed with what they have written so far', async () => {
    const script = `printf begun; ${gate.wait}`;
    const job = await stack.client.submitJob({ target, run: { script, interpreter: 'bash' } });
    const [attempt] = await eventually('the attempt has written', async () => {
      const attempts = await stack.client.listAttempts(job.id, 0);
      return attempts[0]?.stdoutBytes === 5 && attempts;
    });
    expect(attempt).toMatchObject({ retry: 0, counts: true, end: null, endedAt: null });
    gate.open();
    await ended(job.id);
    expect(await stack.client.listAttempts(job.id, 0)).toMatchObject([
      { attemptId: attempt!.attemptId, end: 'exited' },
    ]);
  });

  test('that are not known are 404', async () => {
    const job = await stack.client.submitJob({ target, run: { program: 'true' } });
    await ended(job.id);
    for (const stream of ['stdout', 'stderr', 'output']) {
      const answer = await call('GET', `/api/jobs/${job.id}/tasks/0/${stream}?attempt=001-nobody-0`);
      expect([answer.status, await answer.json()]).toMatchObject([
        404,
        { error: { code: 'AttemptNotFound' } },
      ]);
    }
    expect((await call('GET', `/api/jobs/${job.id}/tasks/1/attempts`)).status).toBe(404);
  });
});

/** What of a job is left, wherever that is. */
async function leftOf({ jobId, owner }: { jobId: string; owner: Owner }) {
  const storage = connectStorage({ AzureWebJobsStorage: stack.storage });
  const records = createRecords(storage);
  const output = createJobOutput(storage)(owner);
  const rows = await Promise.all(
    ['job', 'status', 'open'].map((partition) => records.get('jobs', partition, jobId)),
  );
  const lists = await Promise.all(
    ['expiry', 'removal'].map((partition) => records.list<{ jobId: string }>('jobs', partition)),
  );
  return {
    rows: rows.filter((row) => row !== undefined).length,
    listed: lists.flat().filter((row) => row.value.jobId === jobId).length,
    tasks: (await records.list('tasks', `${jobId}:${owner.incarnation}`)).length,
    attempts: (await output.listAttempts(jobId)).length,
    batches: (await output.listResultBatches(jobId)).length,
    areBlobsGone: await output.removeJob(jobId, { most: 0, keepMark: false }),
  };
}

async function rowOf(jobId: string): Promise<JobRow> {
  const records = createRecords(connectStorage({ AzureWebJobsStorage: stack.storage }));
  return (await records.get<JobRow>('jobs', 'job', jobId))!.value;
}

const nothing = { rows: 0, listed: 0, tasks: 0, attempts: 0, batches: 0, areBlobsGone: true };

describe('a job', () => {
  test('that has not ended is not deleted: 409 says what to do', async () => {
    const job = await stack.client.submitJob({ target, run: { script: gate.wait, interpreter: 'bash' } });
    await expect(stack.client.deleteJob(job.id)).rejects.toMatchObject({
      status: 409,
      code: 'JobNotEnded',
      message: expect.stringContaining(`POST /api/jobs/${job.id}/cancel`) as string,
    });
    gate.open();
    expect((await ended(job.id)).state).toBe('succeeded');
    await expect(stack.client.deleteJob('job-nothing')).rejects.toMatchObject({ status: 404 });
  });

  test('that is deleted is gone at once, with output, rows and history; its key says so until it is forgotten', async () => {
    const request = {
      target,
      array: { count: 250 },
      run: { script: 'seq 5000 >&2; echo "$MUSTER_TASK_INDEX"' },
    };
    const job = await stack.client.submitJob(request, { idempotencyKey: 'deleted' });
    await ended(job.id);
    const row = await rowOf(job.id);
    expect((await leftOf(row)).tasks).toBe(250);
    expect((await stack.client.getJob(job.id))?.expiresAt).not.toBeNull();

    const answer = await call('DELETE', `/api/jobs/${job.id}`);
    expect(answer.status).toBe(204);
    expect(await stack.client.getJob(job.id)).toBeUndefined();
    expect((await call('GET', `/api/jobs/${job.id}/tasks/0/stdout`)).status).toBe(404);
    expect((await call('DELETE', `/api/jobs/${job.id}`)).status).toBe(404);
    // What is left says that it was deleted: a row, and the mark for VMs that get a message of it.
    expect(await leftOf(row)).toEqual({ ...nothing, listed: 1, areBlobsGone: false });
    await expect(stack.client.submitJob(request, { idempotencyKey: 'deleted' })).rejects.toMatchObject({
      status: 410,
      code: 'JobDeleted',
    });

    await eventually('it is forgotten', async () => {
      await runNow(stack, 'removeJobs');
      return (await leftOf(row)).listed === 0;
    });
    expect(await leftOf(row)).toEqual(nothing);
    const again = await stack.client.submitJob(
      { ...request, array: { count: 1 } },
      { idempotencyKey: 'deleted' },
    );
    expect(again.id).not.toBe(job.id);
    await ended(again.id);
  });

  test('is deleted when its time is over, not before, and one that is kept for good not at all', async () => {
    const submit = (keepMs: number | null | undefined) =>
      stack.client.submitJob({ target, run: { script: 'echo kept' }, keepMs });
    const jobs = await Promise.all([submit(0), submit(3_600_000), submit(null), submit(undefined)]);
    const all = await Promise.all(jobs.map(({ id }) => ended(id)));
    const keptFor = all.map(
      ({ endedAt, expiresAt }) => expiresAt && Date.parse(expiresAt) - Date.parse(endedAt!),
    );
    expect(keptFor).toEqual([1, 3_600_000, null, 30 * 86_400_000]);
    // The row by which the timer finds a job is written just after the one that says it has ended.
    await eventually('the first is gone', async () => {
      await runNow(stack, 'removeJobs');
      return (await stack.client.getJob(jobs[0].id)) === undefined;
    });
    for (const { id } of jobs.slice(1)) {
      expect((await stack.client.getJob(id))?.state).toBe('succeeded');
      expect(text(await stack.client.readOutput(id, { task: 0, stream: 'stdout' }))).toBe('kept\n');
    }
  });

  test('whose deletion was cut off is deleted by the next round', async () => {
    const job = await stack.client.submitJob({ target, array: { count: 3 }, run: { script: 'echo x' } });
    const { endedAt } = await ended(job.id);
    const row = await rowOf(job.id);
    // As a crash leaves it: the row by which it goes on, and nothing else.
    const records = createRecords(connectStorage({ AzureWebJobsStorage: stack.storage }));
    const value = { jobId: job.id, owner: row.owner, priority: 'normal', key: null, stage: 'remove' };
    await records.put('jobs', { partition: 'removal', key: `${endedAt}~${job.id}`, value });
    await runNow(stack, 'removeJobs');
    await eventually('it is gone', async () => (await stack.client.getJob(job.id)) === undefined);
    await eventually('all of it is gone', async () => {
      const { tasks, batches } = await leftOf(row);
      return tasks === 0 && batches === 0;
    });
  });
});

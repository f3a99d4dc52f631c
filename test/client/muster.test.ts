import { JobFailedError, Muster } from '../../client';
import { makeGate } from '../support/gate';
import { eventually, startLocalStack, text, whatIsLeft, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
let muster: Muster;
beforeAll(async () => {
  stack = await startLocalStack();
  muster = new Muster({ url: stack.url, key: stack.key });
}, 60_000);
afterAll(() => stack?.dispose());

/** The manual's section "Detached service", as a program. */
test('a VM is created from a template, runs code, tells its output and state, is waited for, and goes', async () => {
  const myvm = muster.virtualMachine('myvm');
  await myvm.create({ template: 'cbox' });
  expect(await myvm.waitFor({ timeoutMs: 60_000 })).toMatchObject({ state: 'ready' });
  const script = 'echo this is running on the detached vm; echo and this is its log >&2';
  const job = await muster.submit({ target: { virtualMachine: 'myvm' }, run: { script } });
  await job.wait();
  expect(await job.stdout()).toBe('this is running on the detached vm\n');
  expect(await job.stderr()).toBe('and this is its log\n');
  expect(await job.status()).toBe('succeeded');
  await myvm.delete();
  await myvm.waitUntilDeleted({ timeoutMs: 60_000 });
  expect(await myvm.get()).toBeUndefined();
  expect(await whatIsLeft(stack)).toMatchObject({ billable: [], machines: [] });
  expect(await job.stdout()).toBe('this is running on the detached vm\n');
}, 90_000);

describe('a scale set', () => {
  test('is made, waited for, grown once for one key, told of, and deleted', async () => {
    const cbox = muster.scaleSet('cbox');
    await cbox.create({ template: 'cbox', capacity: 1 });
    expect((await cbox.waitFor({ atLeast: 1, timeoutMs: 60_000 })).capacity.enrolled).toBe(1);
    await cbox.grow(1, { idempotencyKey: 'once' });
    expect((await cbox.grow(1, { idempotencyKey: 'once' })).capacity.desired).toBe(2);
    await cbox.waitFor({ timeoutMs: 60_000 });
    const workers = await cbox.workers();
    expect(workers).toHaveLength(2);
    expect((await cbox.removeWorker(workers[0]!.id)).capacity.desired).toBe(1);
    await eventually('it has become ready, and that is told', async () =>
      (await cbox.events()).some(({ code }) => code === 'StateChanged'),
    );
    await cbox.delete();
    await cbox.waitUntilDeleted({ timeoutMs: 60_000 });
    expect(await cbox.get()).toBeUndefined();
  }, 120_000);

  test('that does not come to be in time is told with how it stands; one that is not there is 404', async () => {
    const never = muster.scaleSet('never');
    await expect(never.waitFor()).rejects.toMatchObject({ status: 404 });
    await never.create({ template: 'cbox', capacity: 0 });
    await expect(never.waitFor({ atLeast: 1, timeoutMs: 1000 })).rejects.toMatchObject({
      code: 'WaitTimedOut',
      message: expect.stringContaining('0 of 0 VMs have enrolled') as string,
    });
    const stop = AbortSignal.timeout(200);
    await expect(never.waitFor({ atLeast: 1, signal: stop })).rejects.toMatchObject({ name: 'TimeoutError' });
    await never.delete();
  });
});

describe('a job', () => {
  const target = { virtualMachine: 'solo' };
  beforeAll(async () => {
    const solo = muster.virtualMachine('solo');
    await solo.create({ template: 'cbox', workersPerInstance: 2 });
    await solo.waitFor({ timeoutMs: 60_000 });
  }, 90_000);

  test('that fails says how each failed task failed', async () => {
    const script = 'case $MUSTER_TASK_INDEX in 0) exit 0;; 1) exit 7;; 2) kill -KILL $$;; esac';
    const job = await muster.submit({ target, array: { count: 3 }, run: { script } });
    const error = await job.waitForSuccess().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobFailedError);
    expect(error).toMatchObject({
      code: 'JobFailed',
      job: { state: 'failed', tasks: { total: 3, succeeded: 1, failed: 2 } },
      details: [
        { code: 'exited', target: 'tasks[1]', message: 'exited with code 7' },
        { code: 'signalled', target: 'tasks[2]', message: 'was ended by SIGKILL' },
      ],
    });
    const tasks = [];
    for await (const { task, state } of job.tasks()) tasks.push([task, state]);
    expect(tasks).toEqual([
      [0, 'succeeded'],
      [1, 'failed'],
      [2, 'failed'],
    ]);
  });

  test('that succeeds is told; the key makes a repeat the same job', async () => {
    const request = { target, run: { program: 'true' } };
    const job = await muster.submit(request, { idempotencyKey: 'sdk-once' });
    expect(await job.waitForSuccess()).toMatchObject({ state: 'succeeded' });
    expect((await muster.submit(request, { idempotencyKey: 'sdk-once' })).id).toBe(job.id);
    expect((await muster.submit(request)).id).not.toBe(job.id);
  });

  test('is followed while it runs, from its first byte to its last', async () => {
    const gate = await makeGate();
    const job = await muster.submit({
      target,
      run: { script: `echo one; ${gate.wait}; echo two; echo three >&2`, interpreter: 'bash' },
    });
    let seen = '';
    for await (const bytes of job.follow()) {
      seen += text(bytes);
      gate.open();
    }
    expect(seen).toBe('one\ntwo\n');
    let rest = '';
    for await (const bytes of job.follow({ offset: 4 })) rest += text(bytes);
    expect(rest).toBe('two\n');
    let errors = '';
    for await (const bytes of job.follow({ stream: 'stderr' })) errors += text(bytes);
    expect(errors).toBe('three\n');
    await gate.close();
  });

  test('of a follow or a wait that is given up goes on', async () => {
    const gate = await makeGate();
    const job = await muster.submit({ target, run: { script: gate.wait, interpreter: 'bash' } });
    await eventually('the task runs', async () => gate.waiting() === 1);
    const stop = AbortSignal.timeout(300);
    const follow = async (): Promise<void> => {
      for await (const _ of job.follow({ signal: stop }));
    };
    await expect(follow()).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(job.wait({ signal: stop })).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(job.wait({ timeoutMs: 200 })).rejects.toMatchObject({ code: 'WaitTimedOut' });
    gate.open();
    expect((await job.wait()).state).toBe('succeeded');
    await gate.close();
  });

  test('is cancelled with a reason and a grace; once more changes nothing', async () => {
    const job = await muster.submit({ target, run: { program: 'sleep', arguments: ['1000'] } });
    await job.cancel({ reason: 'Not wanted any more.', graceMs: 0 });
    expect(await job.wait()).toMatchObject({
      state: 'cancelled',
      condition: { message: 'Not wanted any more.' },
    });
    expect((await job.cancel()).state).toBe('cancelled');
    await expect(job.waitForSuccess()).rejects.toThrow(
      'was cancelled (CancelRequested: Not wanted any more)',
    );
  });

  test('is found in the list of jobs, newest first', async () => {
    for (const _ of [1, 2, 3]) await muster.submit({ target, name: 'listed', run: { program: 'true' } });
    const times = [];
    for await (const job of muster.jobs({ name: 'listed' })) times.push(job.createdAt);
    expect(times).toHaveLength(3);
    expect(times).toEqual([...times].sort().reverse());
  });
});

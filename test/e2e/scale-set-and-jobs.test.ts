import { eventually, startLocalStack, text, whatIsLeft, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
  await stack.client.putScaleSet('cbox', {
    template: 'cbox',
    capacity: 2,
    workersPerInstance: 2,
    environmentVariables: { FLAVOUR: 'mint' },
  });
  await eventually(
    'the scale set is ready',
    async () => (await stack.client.getScaleSet('cbox'))?.state === 'ready',
  );
}, 90_000);
afterAll(() => stack?.dispose());

const target = { scaleSet: 'cbox' };
const ended = (id: string) =>
  eventually(`job ${id} ended`, async () => {
    const job = await stack.client.waitForJob(id, 5);
    return job.endedAt === null ? false : job;
  });

describe('a scale set', () => {
  test('shows desired, provisioned and enrolled, and lists its workers with their addresses', async () => {
    expect(await stack.client.getScaleSet('CBOX')).toMatchObject({
      capacity: { desired: 2, provisioned: 2, enrolled: 2 },
      workers: { desired: 4, enrolled: 4 },
      condition: null,
    });
    const workers = await stack.client.listWorkers('cbox');
    expect(workers.map((worker) => worker.state)).toEqual(['enrolled', 'enrolled', 'enrolled', 'enrolled']);
    expect(new Set(workers.map((worker) => worker.privateIpAddress)).size).toBe(2);
  });

  test('the same PUT again changes nothing; another template under the same name is 409', async () => {
    const again = await stack.client.putScaleSet('cbox', {
      template: 'cbox',
      capacity: 2,
      workersPerInstance: 2,
      environmentVariables: { FLAVOUR: 'mint' },
    });
    expect(again.capacity.desired).toBe(2);
    await expect(stack.client.putScaleSet('cbox', { template: 'other', capacity: 2 })).rejects.toMatchObject({
      status: 409,
      code: 'AlreadyExists',
    });
  });
});

describe('a job', () => {
  test('runs each task of an array once, with its index and the environment', async () => {
    const job = await stack.client.submitJob({
      target,
      array: { count: 5 },
      environmentVariables: { GREETING: 'hello there' },
      run: { script: 'echo "$GREETING $FLAVOUR $MUSTER_TASK_INDEX of $MUSTER_TASK_COUNT"' },
    });
    expect(await ended(job.id)).toMatchObject({
      state: 'succeeded',
      tasks: { total: 5, succeeded: 5, failed: 0 },
    });
    for (let task = 0; task < 5; task++) {
      expect(text(await stack.client.readOutput(job.id, { task, stream: 'stdout' }))).toBe(
        `hello there mint ${task} of 5\n`,
      );
    }
  });

  test('shows its output by byte offset while it still runs', async () => {
    const script = 'printf first; while [ ! -e go ]; do sleep 0.05; done; printf second';
    const job = await stack.client.submitJob({ target, run: { script }, workingDirectory: '/tmp' });
    await eventually(
      'the first bytes',
      async () => text(await stack.client.readOutput(job.id, { task: 0, stream: 'stdout' })) === 'first',
    );
    expect((await stack.client.listTasks(job.id))[0]).toMatchObject({ state: 'running' });
    const release = await stack.client.submitJob({
      target,
      array: { count: 12 },
      run: { script: 'touch /tmp/go' },
    });
    await ended(release.id);
    await ended(job.id);
    expect(text(await stack.client.readOutput(job.id, { task: 0, stream: 'stdout', offset: 5 }))).toBe(
      'second',
    );
    const part = await fetch(new URL(`/api/jobs/${job.id}/tasks/0/stdout`, stack.url), {
      headers: { 'x-functions-key': stack.key, range: 'bytes=2-7' },
    });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      'bytes 2-7/11',
      'rstsec',
    ]);
  });

  test.each([5, 20, 200])('runs a script of %s KiB, wherever its specification then lies', async (kib) => {
    const job = await stack.client.submitJob({
      target,
      run: { script: `${'#'.repeat(kib * 1024)}\necho end` },
    });
    expect(await ended(job.id)).toMatchObject({ state: 'succeeded' });
    expect(text(await stack.client.readOutput(job.id, { task: 0, stream: 'stdout' }))).toBe('end\n');
  });

  test('whose program does not exist fails with that reason, and its stderr says so', async () => {
    const job = await stack.client.submitJob({ target, run: { program: 'no-such-program' } });
    expect(await ended(job.id)).toMatchObject({ state: 'failed', condition: { code: 'TasksFailed' } });
    expect((await stack.client.listTasks(job.id))[0]).toMatchObject({
      state: 'failed',
      end: 'program-missing',
    });
    expect(text(await stack.client.readOutput(job.id, { task: 0, stream: 'stderr' }))).toContain(
      'no-such-program',
    );
  });

  test('that exits with a code fails with that code; one that is killed, with the signal', async () => {
    const job = await stack.client.submitJob({
      target,
      array: { count: 2 },
      run: { script: '[ "$MUSTER_TASK_INDEX" = 0 ] && exit 7; kill -TERM $$' },
    });
    expect((await ended(job.id)).tasks).toEqual({ total: 2, succeeded: 0, failed: 2 });
    expect(await stack.client.listTasks(job.id)).toMatchObject([
      { end: 'exited', exitCode: 7 },
      { end: 'signalled', signal: 'SIGTERM' },
    ]);
  });

  test('sent again under the same idempotency key is the same job; with another body it is 409', async () => {
    const first = await stack.client.submitJob(
      { target, run: { program: 'true' } },
      { idempotencyKey: 'once' },
    );
    const second = await stack.client.submitJob(
      { target, run: { program: 'true' } },
      { idempotencyKey: 'once' },
    );
    expect(second.id).toBe(first.id);
    const other = stack.client.submitJob({ target, run: { program: 'false' } }, { idempotencyKey: 'once' });
    await expect(other).rejects.toMatchObject({ status: 409, code: 'IdempotencyKeyReused' });
    await ended(first.id);
  });

  test('that was refused leaves its idempotency key free for the mended request', async () => {
    const refused = stack.client.submitJob(
      { target: { scaleSet: 'nope' }, run: { program: 'true' } },
      { idempotencyKey: 'mended' },
    );
    await expect(refused).rejects.toMatchObject({ status: 404 });
    const mended = await stack.client.submitJob(
      { target, run: { program: 'true' } },
      { idempotencyKey: 'mended' },
    );
    expect((await ended(mended.id)).state).toBe('succeeded');
  });

  test('does not run as root', async () => {
    const job = await stack.client.submitJob({ target, run: { script: 'id -u' } });
    await ended(job.id);
    expect(text(await stack.client.readOutput(job.id, { task: 0, stream: 'stdout' }))).not.toBe('0\n');
  });
});

describe('resizing and removal', () => {
  test('capacity follows the last desired value, up and down', async () => {
    const request = { template: 'cbox', workersPerInstance: 2, environmentVariables: { FLAVOUR: 'mint' } };
    await stack.client.putScaleSet('cbox', { ...request, capacity: 3 });
    await eventually(
      'three VMs',
      async () => (await stack.client.getScaleSet('cbox'))?.capacity.enrolled === 3,
    );
    await stack.client.putScaleSet('cbox', { ...request, capacity: 1 });
    await eventually('one VM', async () => {
      const view = await stack.client.getScaleSet('cbox');
      return view?.state === 'ready' && view.capacity.enrolled === 1 && view.capacity.provisioned === 1;
    });
  });

  test('deleting removes everything, then GET is 404, output stays, and the name can be had again', async () => {
    const request = { target, run: { script: 'echo kept' } };
    const job = await stack.client.submitJob(request, { idempotencyKey: 'kept' });
    await ended(job.id);
    await stack.client.deleteScaleSet('cbox');
    await eventually(
      'the scale set is gone',
      async () => (await stack.client.getScaleSet('cbox')) === undefined,
    );
    expect(await whatIsLeft(stack)).toMatchObject({ billable: [], machines: [] });
    expect(text(await stack.client.readOutput(job.id, { task: 0, stream: 'stdout' }))).toBe('kept\n');
    expect((await stack.client.submitJob(request, { idempotencyKey: 'kept' })).id).toBe(job.id);
    const again = await stack.client.putScaleSet('cbox', { template: 'cbox', capacity: 0 });
    expect(again.state).toBe('creating');
  });
});

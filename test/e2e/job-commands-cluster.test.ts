import type { JobView } from '../../shared/contracts';
import { callAs, commanding } from '../support/commanding-job';
import { eventually, startLocalStack, text, whatIsLeft, type LocalStack } from '../support/local-stack';
import { makeGate } from '../support/gate';

let stack: LocalStack;
const target = { virtualMachine: 'master' };
beforeAll(async () => {
  stack = await startLocalStack({ MUSTER_JOB_TOKEN_LIFETIME_MS: '4000', MUSTER_KILL_GRACE_MS: '500' });
  await stack.client.putVirtualMachine('master', { template: 'cbox', workersPerInstance: 3 });
  await eventually(
    'the VM is ready',
    async () => (await stack.client.getVirtualMachine('master'))?.state === 'ready',
  );
}, 90_000);
afterAll(() => stack?.dispose());

async function submit(lines: string): Promise<JobView> {
  return stack.client.submitJob({ target, controlPlaneAccess: true, run: commanding(lines) });
}
const ended = (id: string) =>
  eventually(`job ${id} has ended`, async () => {
    const job = await stack.client.waitForJob(id, 5);
    return job.endedAt === null ? false : job;
  });
const output = async (id: string, stream: 'stdout' | 'stderr' = 'stdout') =>
  text(await stack.client.readOutput(id, { task: 0, stream }));
const scaleSetGone = (name: string) =>
  eventually(`${name} is gone`, async () => (await stack.client.getScaleSet(name)) === undefined);
/** The VM that commands, its disk and its interface. */
const nothingElseIsLeft = () =>
  eventually('nothing but the VM is left', async () => {
    const { machines } = await whatIsLeft(stack);
    return machines.length === 1;
  });

test('what a job made and did not remove is gone when it has ended, with all that is billed', async () => {
  const job = await submit(`
    const put = await call('PUT', '/api/scale-sets/left', { template: 'cbox', capacity: 2 });
    console.log(put.status, put.body.ownedByJob === MUSTER_JOB_ID);
    await until(async () => (await call('GET', '/api/scale-sets/left/wait?timeoutSeconds=5')).status === 200);
    const workers = (await call('GET', '/api/scale-sets/left/workers')).body.value;
    console.log(workers.length, 'workers');
    const run = { script: 'echo said on the set' };
    const { id } = (await call('POST', '/api/jobs', { target: { scaleSet: 'left' }, run })).body;
    await until(async () => (await call('GET', '/api/jobs/' + id + '/wait?timeoutSeconds=5')).status === 200);
    process.stdout.write((await call('GET', '/api/jobs/' + id + '/tasks/0/stdout')).body);
  `);
  expect(await ended(job.id)).toMatchObject({ state: 'succeeded', controlPlaneAccess: true });
  expect([await output(job.id), await output(job.id, 'stderr')]).toEqual([
    '202 true\n2 workers\nsaid on the set\n',
    '',
  ]);
  await scaleSetGone('left');
  await nothingElseIsLeft();
}, 120_000);

test('what was handed over stays', async () => {
  const job = await submit(`
    await call('PUT', '/api/scale-sets/kept', { template: 'cbox', capacity: 0 });
    for (const _ of [1, 2]) {
      const { status, body } = await call('POST', '/api/scale-sets/kept/hand-over');
      console.log(status, body.ownedByJob);
    }
    await call('PUT', '/api/scale-sets/taken', { template: 'cbox', capacity: 0 });
    await until(async () => (await call('GET', '/api/scale-sets/taken')).body.ownedByJob === null);
  `);
  await eventually('the second set', async () => stack.client.getScaleSet('taken'));
  await fetch(new URL('/api/scale-sets/taken/hand-over', stack.url), {
    method: 'POST',
    headers: { 'x-functions-key': stack.key },
  });
  expect((await ended(job.id)).state).toBe('succeeded');
  expect(await output(job.id)).toBe('200 null\n200 null\n');
  for (const name of ['kept', 'taken']) {
    expect(await stack.client.getScaleSet(name)).toMatchObject({ ownedByJob: null });
    await stack.client.deleteScaleSet(name);
    await scaleSetGone(name);
  }
}, 90_000);

test('a cancelled job takes what it made along, and a VM that it made too', async () => {
  const job = await submit(`
    await call('PUT', '/api/scale-sets/cut', { template: 'cbox', capacity: 1 });
    await call('PUT', '/api/virtual-machines/cut', { template: 'cbox' });
    await pause(600_000);
  `);
  await eventually('the set and the VM', async () => {
    const views = [await stack.client.getScaleSet('cut'), await stack.client.getVirtualMachine('cut')];
    return views.every((view) => view?.ownedByJob === job.id);
  });
  await fetch(new URL(`/api/jobs/${job.id}/cancel`, stack.url), {
    method: 'POST',
    headers: { 'x-functions-key': stack.key },
    body: '{}',
  });
  expect((await ended(job.id)).state).toBe('cancelled');
  await scaleSetGone('cut');
  await eventually('the VM is gone', async () => !(await stack.client.getVirtualMachine('cut')));
  await nothingElseIsLeft();
}, 90_000);

describe('the token', () => {
  test('lies in a file that only the task can read, and is in no argument and no environment variable', async () => {
    const job = await submit(`
      const { mode, uid } = statSync(MUSTER_TOKEN_FILE);
      console.log((mode & 0o777).toString(8), uid === process.getuid());
      const secret = token();
      const of = (name) => readFileSync('/proc/self/' + name, 'utf8');
      console.log(of('environ').includes(secret), of('cmdline').includes(secret), secret.length > 40);
    `);
    await ended(job.id);
    expect(await output(job.id)).toBe('400 true\nfalse false true\n');
  });

  test('is not there for a job that did not ask', async () => {
    const script = 'echo "url=$MUSTER_URL file=$MUSTER_TOKEN_FILE"';
    const job = await stack.client.submitJob({ target, run: { script } });
    await ended(job.id);
    expect(await output(job.id)).toBe('url= file=\n');
  });

  test('is renewed before it ends, and ends with its job', async () => {
    const job = await submit(`
      const first = token();
      console.log(first);
      const second = await until(() => token() !== first && token());
      console.log(second, (await call('GET', '/api/manifest')).status);
      await until(() => token() !== second);
      console.log((await call('GET', '/api/manifest')).status);
      await until(async () => (await fetch(MUSTER_URL + '/api/manifest', { headers: { authorization: 'Bearer ' + first } })).status === 401);
      console.log(token());
    `);
    expect((await ended(job.id)).state).toBe('succeeded');
    const [, second = '', third, last = ''] = (await output(job.id)).split('\n');
    expect([second.split(' ')[1], third]).toEqual(['200', '200']);
    expect(await callAs(stack.url, last, ['GET', '/api/manifest'])).toMatchObject({
      status: 401,
      code: 'JobTokenRefused',
      message: expect.stringContaining('has ended') as string,
    });
  }, 60_000);
});

describe('the scope', () => {
  test("opens the job's own things and nobody else's, and says what it opens", async () => {
    const gate = await makeGate();
    await stack.client.putScaleSet('others', { template: 'cbox', capacity: 0 });
    const foreign = await stack.client.submitJob({ target, run: { program: 'true' } });
    await ended(foreign.id);
    const job = await stack.client.submitJob({
      target,
      controlPlaneAccess: true,
      run: { script: `cat $MUSTER_TOKEN_FILE; ${gate.wait}`, interpreter: 'bash' },
    });
    const token = await eventually('the token', () => output(job.id));
    const call = (...request: Parameters<typeof callAs>[2]) => callAs(stack.url, token, request);
    const template = { template: 'cbox', capacity: 0 };
    const run = { program: 'true' };

    expect((await call('PUT', '/api/scale-sets/own', template)).status).toBe(202);
    expect((await call('POST', '/api/scale-sets/own/grow', { add: 1 })).status).toBe(202);
    const child = await call('POST', '/api/jobs', { target: { scaleSet: 'own' }, run });
    expect(child).toMatchObject({ status: 202, body: { submittedByJob: job.id } });
    for (const [list, names] of [
      ['scale-sets', ['own']],
      ['virtual-machines', []],
      ['jobs', [(child.body as JobView).id]],
    ] as const) {
      const { value } = (await call('GET', `/api/${list}`)).body as { value: { name: string; id: string }[] };
      expect(value.map(({ id, name }) => id ?? name)).toEqual(names);
    }
    const refused: Parameters<typeof callAs>[2][] = [
      ['GET', '/api/scale-sets/others'],
      ['PUT', '/api/scale-sets/others', template],
      ['DELETE', '/api/scale-sets/others'],
      ['POST', '/api/scale-sets/others/hand-over'],
      ['DELETE', '/api/virtual-machines/master'],
      ['POST', '/api/jobs', { target: { scaleSet: 'others' }, run }],
      ['POST', '/api/jobs', { target, run }],
      ['POST', '/api/jobs', { target: { scaleSet: 'own' }, run, dependsOn: [{ job: foreign.id }] }],
      ['GET', `/api/jobs/${foreign.id}`],
      ['POST', `/api/jobs/${foreign.id}/cancel`, {}],
      ['GET', `/api/jobs/${foreign.id}/tasks/0/stdout`],
      ['POST', `/api/jobs/${job.id}/cancel`, {}],
      ['PUT', '/api/manifest', {}],
      ['DELETE', '/api/templates/scale-set/cbox'],
      ['GET', '/api/ledger'],
    ];
    for (const request of refused) {
      const { status, code, message } = await call(...request);
      expect([...request.slice(0, 2), status, code]).toEqual([...request.slice(0, 2), 403, 'OutOfScope']);
      expect(message).toContain('its scale sets and virtual machines');
    }
    const withoutToken = await fetch(new URL('/api/job-access/api/scale-sets', stack.url));
    const asKey = await fetch(new URL('/api/scale-sets', stack.url), {
      headers: { authorization: `Bearer ${token}` },
    });
    expect([withoutToken.status, asKey.status]).toEqual([401, 401]);
    gate.open();
    await ended(job.id);
    await scaleSetGone('own');
    await stack.client.deleteScaleSet('others');
    await gate.close();
  }, 90_000);
});

test('a job whose VM goes takes what it made along', async () => {
  const job = await submit(`
    await call('PUT', '/api/scale-sets/orphan', { template: 'cbox', capacity: 1 });
    await pause(600_000);
  `);
  await eventually('the set', async () => stack.client.getScaleSet('orphan'));
  await stack.client.deleteVirtualMachine('master');
  expect(await ended(job.id)).toMatchObject({ state: 'failed', condition: { code: 'TargetRemoved' } });
  await scaleSetGone('orphan');
  await eventually('nothing is left', async () => {
    const { billable, machines } = await whatIsLeft(stack);
    return billable.length + machines.length === 0;
  });
}, 90_000);

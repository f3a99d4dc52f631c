import { callApi, refusal } from '../support/api-call';
import { eventually, startLocalStack, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
  await stack.client.putScaleSet('cbox', { template: 'cbox', capacity: 0 });
}, 60_000);
afterAll(() => stack?.dispose());

const target = { scaleSet: 'cbox' };
const run = { program: 'true' };
const post = (changes: object) => refusal(stack, 'POST', '/api/jobs', { target, run, ...changes });

describe('each field of a job has its limits', () => {
  const own = { virtualMachineTemplate: 'cbox' };
  const script = (body: object) => ({ run: { script: 'true', ...body } });
  test.each<[string, object, string[]]>([
    ['an array of 100,001 tasks', { array: { count: 100_001 } }, ['array.count']],
    ['an array of none', { array: { count: 0 } }, ['array.count']],
    ['a name of 201 characters', { name: 'n'.repeat(201) }, ['name']],
    ['an empty name', { name: '' }, ['name']],
    ['a program of no characters', { run: { program: '' } }, ['run.program']],
    ['1,001 arguments', { run: { program: 'a', arguments: Array(1001).fill('x') } }, ['run.arguments']],
    [
      'an argument of 131,073 characters',
      { run: { program: 'a', arguments: ['x'.repeat(131_073)] } },
      ['run.arguments[0]'],
    ],
    ['a script of more than 1 MiB', script({ script: 'x'.repeat(1024 * 1024 + 1) }), ['run.script']],
    ['an interpreter of 51 words', script({ interpreter: Array(51).fill('x') }), ['run.interpreter']],
    ['a variable with a bad name', { environmentVariables: { '2B': 'x' } }, ['environmentVariables.2B']],
    [
      'a variable of 32,769 characters',
      { environmentVariables: { A: 'x'.repeat(32_769) } },
      ['environmentVariables.A'],
    ],
    ['a working folder of 4,097 characters', { workingDirectory: 'x'.repeat(4097) }, ['workingDirectory']],
    ['a task time-out of less than a second', { taskTimeoutMs: 999 }, ['taskTimeoutMs']],
    ['a time-out of more than a year', { timeoutMs: 366 * 86_400_000 }, ['timeoutMs']],
    ['a grace of more than an hour', { killGraceMs: 3_600_001 }, ['killGraceMs']],
    ['101 retries', { retry: { limit: 101 } }, ['retry.limit']],
    ['retries of success', { retry: { limit: 1, exitCodes: [0] } }, ['retry.exitCodes[0]']],
    ['a pause of two days', { retry: { limit: 1, delayMs: 2 * 86_400_000 } }, ['retry.delayMs']],
    ['an unknown wish on eviction', { onEviction: 'shrug' }, ['onEviction']],
    ['none running', { maxRunning: 0 }, ['maxRunning']],
    ['an unknown priority', { priority: 'urgent' }, ['priority']],
    ['101 dependencies', { dependsOn: Array(101).fill({ job: 'job-a' }) }, ['dependsOn']],
    ['a dependency that is no id', { dependsOn: [{ job: 'A B' }] }, ['dependsOn[0].job']],
    ['a basename of 42 characters', { target: { ...own, basename: 'b'.repeat(42) } }, ['target.basename']],
    ['a VM name that Azure would refuse', { target: { ...own, name: '-x' } }, ['target.name']],
    ['a field that is not one', { target: { scaleSet: 'cbox', size: 1 } }, ['target.size']],
  ])('%s is 400', async (_what, changes, targets) => {
    expect(await post(changes)).toMatchObject({ status: 400, code: 'InvalidRequest', targets });
  });

  test('and all that is wrong is named at once', async () => {
    const wrong = {
      name: '',
      array: { count: 0 },
      retry: { limit: 0, exitCodes: [] },
      colour: 'red',
      priority: 1,
    };
    expect((await post(wrong)).targets).toEqual([
      'array.count',
      'colour',
      'name',
      'priority',
      'retry.exitCodes',
      'retry.limit',
    ]);
  });

  test('what it depends on has to be there', async () => {
    const dependsOn = [{ job: 'job-a' }, { job: 'job-b', outcome: 'ended' }];
    expect(await post({ dependsOn, target: { scaleSet: 'nope' } })).toMatchObject({
      status: 404,
      message: expect.stringContaining("There is no job 'job-b'"),
      targets: ['dependsOn[0].job', 'dependsOn[1].job', 'target.scaleSet'],
    });
  });

  test('nothing came of any of that', async () => {
    expect(await stack.client.listJobs()).toEqual([]);
    expect(await stack.client.listVirtualMachines()).toEqual([]);
  });
});

test('a job of 100,000 tasks is accepted, listed, and cancelled', async () => {
  const first = await stack.client.submitJob({ target, run });
  const job = await stack.client.submitJob({
    target,
    run,
    array: { count: 100_000 },
    dependsOn: [{ job: first.id }],
  });
  expect(job).toMatchObject({ state: 'waiting', tasks: { total: 100_000 } });
  const last = await callApi(stack, 'GET', `/api/jobs/${job.id}/tasks/99999/stdout`);
  expect(last.status).toBeLessThan(300);
  for (const id of [job.id, first.id]) await stack.client.cancelJob(id);
  await eventually(
    'both have ended',
    async () => (await stack.client.listJobs({ state: ['cancelled'] })).length === 2,
  );
}, 60_000);

describe('what follows a job is answered clearly', () => {
  let id: string;
  beforeAll(async () => {
    id = (await stack.client.submitJob({ target, run, array: { count: 3 } })).id;
  });

  test.each<[string, string, number]>([
    ['a task past the last', '/tasks/3/stdout', 404],
    ['a task that is no number', '/tasks/one/stderr', 400],
    ['a negative offset', '/tasks/0/stdout?offset=-1', 400],
    ['a wait of more than 200 s', '/wait?timeoutSeconds=201', 400],
    ['a wait of no number', '/wait?timeoutSeconds=soon', 400],
  ])('%s', async (_what, path, status) => {
    expect((await refusal(stack, 'GET', `/api/jobs/${id}${path}`)).status).toBe(status);
  });

  test.each(['', '/wait', '/tasks', '/tasks/0/stdout'])('an unknown job is 404 (%s)', async (path) => {
    expect(await refusal(stack, 'GET', `/api/jobs/job-nope${path}`)).toMatchObject({
      status: 404,
      code: 'JobNotFound',
    });
    expect((await refusal(stack, 'GET', `/api/jobs/NOT_AN_ID${path}`)).status).toBe(400);
  });

  test('a wait whose time is up is 202, and says where to ask again', async () => {
    const answer = await callApi(stack, 'GET', `/api/jobs/${id}/wait?timeoutSeconds=0`);
    expect(answer).toMatchObject({ status: 202, body: { id, state: 'starting' } });
    expect(answer.headers.get('location')).toContain(`/api/jobs/${id}/wait`);
  });

  test.each([
    ['state=done', 'state[0]'],
    ['top=1001', 'top'],
    ['continuation=nonsense', undefined],
  ])('a list of jobs by %s is 400', async (query, target) => {
    const { status, targets } = await refusal(stack, 'GET', `/api/jobs?${query}`);
    expect([status, targets[0]]).toEqual([400, target]);
  });
});

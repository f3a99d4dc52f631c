import type { JobView } from '../../shared/contracts';
import { refusal } from '../support/api-call';
import { makeGate, type Gate } from '../support/gate';
import { eventually, startLocalStack, text, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
let gate: Gate;
beforeAll(async () => {
  [stack, gate] = await Promise.all([startLocalStack({ MUSTER_CANCEL_LOOK_MS: '500' }), makeGate()]);
  await stack.client.putScaleSet('cbox', { template: 'cbox', capacity: 1, workersPerInstance: 2 });
  await stack.client.waitForScaleSet('cbox', { timeoutSeconds: 60 });
}, 90_000);
afterAll(async () => {
  await stack?.dispose();
  await gate?.close();
});

const target = { scaleSet: 'cbox' };
const script = (lines: string) => ({ script: lines, interpreter: 'bash' as const });
const ended = (id: string): Promise<JobView> =>
  eventually(`job ${id} ended`, async () => {
    const job = await stack.client.waitForJob(id, 10);
    return job.endedAt !== null && job;
  });
const stdout = async (id: string): Promise<string> =>
  text(await stack.client.readOutput(id, { task: 0, stream: 'stdout' }));
const hasBegun = (id: string) =>
  eventually(`${id} has begun`, async () => (await stdout(id)).includes('begun'));

test('what runs gets SIGTERM and its grace; the job says who wanted it, and keeps the output', async () => {
  const job = await stack.client.submitJob({
    target,
    run: script('trap "echo asked to end; exit 3" TERM; echo begun; while :; do sleep 0.05; done'),
  });
  await hasBegun(job.id);
  const answer = await stack.client.cancelJob(job.id, { reason: 'Enough.', graceMs: 20_000 });
  expect(answer.state).toBe('cancelling');
  expect(await ended(job.id)).toMatchObject({
    state: 'cancelled',
    tasks: { total: 1, succeeded: 0, failed: 1 },
    condition: { code: 'CancelRequested', message: 'Enough.' },
  });
  expect(await stack.client.listTasks(job.id)).toMatchObject([
    { state: 'cancelled', end: 'cancelled', exitCode: 3 },
  ]);
  expect(await stdout(job.id)).toBe('begun\nasked to end\n');
});

test('what does not heed it is killed after the grace, with all its processes', async () => {
  const deaf = `trap '' TERM; echo begun; (${gate.wait}) & ${gate.wait}`;
  const job = await stack.client.submitJob({ target, run: script(deaf) });
  await eventually('both processes wait', async () => gate.waiting() === 2);
  await stack.client.cancelJob(job.id, { graceMs: 300 });
  expect((await ended(job.id)).state).toBe('cancelled');
  expect(await stack.client.listTasks(job.id)).toMatchObject([{ state: 'cancelled', signal: 'SIGKILL' }]);
  await eventually('both are gone', async () => gate.waiting() === 0);
});

test('what waits in the queue is not begun, and the workers go on with other jobs', async () => {
  const job = await stack.client.submitJob({ target, array: { count: 12 }, run: script(gate.wait) });
  await eventually('both workers are busy', async () => gate.waiting() === 2);
  await stack.client.cancelJob(job.id, { graceMs: 0 });
  expect(await ended(job.id)).toMatchObject({ state: 'cancelled', tasks: { total: 12, succeeded: 0 } });
  const tasks = await stack.client.listTasks(job.id);
  expect(new Set(tasks.map(({ state }) => state))).toEqual(new Set(['cancelled']));
  expect(tasks.filter(({ attemptId }) => attemptId !== null).length).toBeLessThan(12);
  const next = await stack.client.submitJob({ target, run: { program: 'true' } });
  expect((await ended(next.id)).state).toBe('succeeded');
  expect(gate.waiting()).toBe(0);
});

test('a job that waits for others ends at once; a repeat is no error, one of an ended job is 409', async () => {
  const first = await stack.client.submitJob({ target, run: script(gate.wait) });
  const job = await stack.client.submitJob({
    target,
    dependsOn: [{ job: first.id }],
    run: { program: 'true' },
  });
  await eventually('the first runs', async () => gate.waiting() === 1);
  for (const reason of ['once', 'twice']) {
    const { state, condition } = await stack.client.cancelJob(first.id, { reason, graceMs: 60_000 });
    expect([state, condition?.message ?? 'once']).toEqual(['cancelling', 'once']);
  }
  await stack.client.cancelJob(job.id);
  expect(await ended(job.id)).toMatchObject({ state: 'cancelled', startedAt: null });
  await ended(first.id);
  const late = await refusal(stack, 'POST', `/api/jobs/${first.id}/cancel`, {});
  expect(late).toMatchObject({
    status: 409,
    code: 'JobEnded',
    message: expect.stringContaining('has cancelled'),
  });
  expect((await stack.client.getJob(first.id))!.condition).toMatchObject({ message: 'once' });
});

test('of a job that does not exist is 404; a wrong wish is 400 with every problem', async () => {
  expect(await refusal(stack, 'POST', '/api/jobs/job-nope/cancel', {})).toMatchObject({
    status: 404,
    code: 'JobNotFound',
  });
  const wrong = { graceMs: -1, reason: '', speed: 1 };
  expect(await refusal(stack, 'POST', '/api/jobs/job-nope/cancel', wrong)).toMatchObject({
    status: 400,
    targets: ['graceMs', 'reason', 'speed'],
  });
});

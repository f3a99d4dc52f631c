import { makeGate, type Gate } from '../support/gate';
import { eventually, startLocalStack, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
let gate: Gate;
beforeAll(async () => {
  gate = await makeGate();
  stack = await startLocalStack({ MUSTER_TASK_LEASE_MS: '4000', MUSTER_TASK_LEASE_RENEWAL_MS: '1000' });
  await stack.client.putScaleSet('pairs', { template: 'cbox', capacity: 2, workersPerInstance: 2 });
  await ready(2);
}, 90_000);
afterAll(async () => {
  await stack?.dispose();
  await gate?.close();
});

const view = async () => (await stack.client.getScaleSet('pairs'))!;
const ready = (capacity: number) =>
  eventually(`the set is ready with ${capacity} VMs`, async () => {
    const set = await view();
    return set.state === 'ready' && set.capacity.desired === capacity && set.capacity.enrolled === capacity;
  });

test('a removed worker leaves its VM to the others; with the last one the VM goes, after its tasks', async () => {
  const workers = await stack.client.listWorkers('pairs');
  const job = await stack.client.submitJob({
    target: { scaleSet: 'pairs' },
    array: { count: 4 },
    run: { script: gate.wait, interpreter: ['/bin/bash'] },
  });
  await eventually('all four workers are busy', async () => gate.waiting() === 4);
  await eventually('and their leases say so', async () =>
    (await stack.client.listWorkers('pairs')).every((worker) => worker.running !== null),
  );
  const [first, second] = workers.filter((one) => one.instance === workers[0]!.instance);
  expect((await stack.client.removeWorker('pairs', first!.id)).capacity.desired).toBe(2);
  expect((await stack.client.removeWorker('pairs', second!.id)).capacity.desired).toBe(1);
  // A repeat takes nothing more off.
  expect((await stack.client.removeWorker('pairs', second!.id)).capacity.desired).toBe(1);

  await eventually('the VM drains', async () => (await view()).condition?.code === 'DrainingWorkers');
  gate.open();
  const ended = await eventually('the job ended', async () => {
    const now = await stack.client.waitForJob(job.id, 5);
    return now.endedAt !== null && now;
  });
  expect(ended).toMatchObject({ state: 'succeeded', tasks: { succeeded: 4 } });
  await ready(1);
  const others = workers.filter((one) => one.instance !== first!.instance);
  const left = await stack.client.listWorkers('pairs');
  expect(left.map((one) => one.id).sort()).toEqual(others.map((one) => one.id).sort());
}, 90_000);

test('a forced removal does not wait for tasks: they run again elsewhere', async () => {
  await stack.client.growScaleSet('pairs', 1);
  await ready(2);
  const workers = await stack.client.listWorkers('pairs');
  const job = await stack.client.submitJob({
    target: { scaleSet: 'pairs' },
    array: { count: 16 },
    run: { script: 'if [ "$MUSTER_WORKER" = "$SLOW" ]; then sleep 600; else sleep 0.5; fi' },
    environmentVariables: { SLOW: workers[0]!.id },
  });
  await eventually('its task runs', async () =>
    (await stack.client.listWorkers('pairs')).some((one) => one.id === workers[0]!.id && one.running),
  );
  for (const { id } of workers.filter((one) => one.instance === workers[0]!.instance))
    await stack.client.removeWorker('pairs', id, { force: true });
  await ready(1);
  const ended = await eventually(
    'the job ended',
    async () => {
      const now = await stack.client.waitForJob(job.id, 30);
      return now.endedAt !== null && now;
    },
    100_000,
  );
  expect(ended).toMatchObject({ state: 'succeeded', tasks: { succeeded: 16 } });
}, 90_000);

test('a worker that is not there is 404, a strange force 400, and nothing changes', async () => {
  await expect(stack.client.removeWorker('pairs', 'nobody-0')).rejects.toMatchObject({
    status: 404,
    code: 'WorkerNotFound',
  });
  const url = new URL('/api/scale-sets/pairs/workers/nobody-0?force=maybe', stack.url);
  const strange = await fetch(url, { method: 'DELETE', headers: { 'x-functions-key': stack.key } });
  expect(strange.status).toBe(400);
  expect((await view()).capacity.desired).toBe(1);
});

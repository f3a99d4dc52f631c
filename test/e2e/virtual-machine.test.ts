import { eventually, startLocalStack, text, whatIsLeft, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
}, 60_000);
afterAll(() => stack?.dispose());

const gone = () =>
  eventually('the VM is gone', async () => (await stack.client.getVirtualMachine('solo')) === undefined);

test('a detached VM becomes ready, runs jobs one after another, and goes with all its parts; its output stays', async () => {
  await stack.client.putVirtualMachine('solo', { template: 'cbox' });
  const vm = await eventually('the VM is ready', async () => {
    const view = await stack.client.getVirtualMachine('solo');
    return view?.state === 'ready' && view;
  });
  expect(vm.workers).toHaveLength(1);
  for (const word of ['one', 'two']) {
    const job = await stack.client.submitJob({
      target: { virtualMachine: 'solo' },
      run: { program: 'echo', arguments: [word] },
    });
    expect((await stack.client.waitForJob(job.id, 30)).state).toBe('succeeded');
    expect(text(await stack.client.readOutput(job.id, { task: 0, stream: 'stdout' }))).toBe(`${word}\n`);
  }
  expect(vm.request).toMatchObject({ template: 'cbox', networkInterfaceTemplate: 'default' });
  await stack.client.deleteVirtualMachine('solo');
  await gone();
  expect(await whatIsLeft(stack)).toMatchObject({ billable: [], machines: [] });
}, 90_000);

test('a creation that Azure refuses for good is taken down again and says why', async () => {
  await fetch(new URL('/control/faults', stack.simulator.url), {
    method: 'POST',
    body: JSON.stringify({
      operation: 'virtualMachines.createOrUpdate',
      count: 100,
      status: 409,
      code: 'SkuNotAvailable',
      message: 'The requested size is not available.',
    }),
  });
  await stack.client.putVirtualMachine('solo', { template: 'cbox' });
  const failed = await eventually('the VM has failed', async () => {
    const view = await stack.client.getVirtualMachine('solo');
    return view?.state === 'failed' && view;
  });
  expect(failed.condition).toMatchObject({ code: 'SkuNotAvailable' });
  await eventually('nothing is left', async () => (await whatIsLeft(stack)).billable.length === 0);
  await stack.client.deleteVirtualMachine('solo');
  await gone();
}, 60_000);

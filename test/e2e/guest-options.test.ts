import { GuestOptions } from '../../shared/contracts';
import { startLocalStack, text, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
}, 60_000);
afterAll(() => stack?.dispose());

test('tasks run as the user that was asked for', async () => {
  const guest = GuestOptions.parse({ taskUser: 'runner', nvidia: {}, hyperthreading: false });
  await stack.client.putScaleSet('cbox', { template: 'cbox', capacity: 1, guest });
  const job = await stack.client.submitJob({
    target: { scaleSet: 'cbox' },
    run: { program: 'id', arguments: ['-un'] },
  });
  expect((await stack.client.waitForJob(job.id, 60)).state).toBe('succeeded');
  expect(text(await stack.client.readOutput(job.id, { task: 0, stream: 'stdout' }))).toBe('runner\n');
}, 120_000);

test('the options of what exists are not changed', async () => {
  const guest = GuestOptions.parse({ taskUser: 'other' });
  await expect(stack.client.putScaleSet('cbox', { template: 'cbox', capacity: 1, guest })).rejects.toThrow(
    /made differently: guest/,
  );
}, 30_000);

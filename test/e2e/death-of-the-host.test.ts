import { startStack } from '../../scripts/stack/stack';
import { localSettings } from '../../scripts/local-azure/templates';
import { eventually, startLocalStack, text, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
}, 60_000);
afterAll(() => stack?.dispose());

test('the host is killed in the middle of a job: the job ends and its output is complete when it is back', async () => {
  await stack.client.putScaleSet('cbox', { template: 'cbox', capacity: 1 });
  await eventually(
    'the scale set is ready',
    async () => (await stack.client.getScaleSet('cbox'))?.state === 'ready',
  );
  const script = 'for i in $(seq 1 40); do echo line $i; sleep 0.1; done';
  const job = await stack.client.submitJob({
    target: { scaleSet: 'cbox' },
    array: { count: 3 },
    run: { script },
  });
  await eventually('the first line', async () =>
    text(await stack.client.readOutput(job.id, { task: 0, stream: 'stdout' })).includes('line 3'),
  );

  const host = stack.components.find((component) => component.name === 'host')!;
  process.kill(host.pid, 'SIGKILL');
  await startStack({ stateFolder: stack.stateFolder, hasControl: true, settings: localSettings });

  const ended = await eventually('the job has ended', async () => {
    const view = await stack.client.waitForJob(job.id, 5);
    return view.endedAt !== null && view;
  });
  expect(ended).toMatchObject({ state: 'succeeded', tasks: { succeeded: 3 } });
  const whole = Array.from({ length: 40 }, (_, index) => `line ${index + 1}\n`).join('');
  for (let task = 0; task < 3; task++)
    expect(text(await stack.client.readOutput(job.id, { task, stream: 'stdout' }))).toBe(whole);
}, 120_000);

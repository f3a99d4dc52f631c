import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/stack/project-root';
import { eventually, startLocalStack, text, whatIsLeft, type LocalStack } from '../support/local-stack';

const script = readFileSync(join(projectRoot(), 'examples', 'job-commands-cluster', 'hello.js'), 'utf8');
let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
}, 60_000);
afterAll(() => stack?.dispose());

test("the manual's second example: a job on a VM of its own makes a cluster, hears from each worker, and takes it down", async () => {
  const job = await stack.client.submitJob({
    target: { virtualMachineTemplate: 'cbox' },
    controlPlaneAccess: true,
    environmentVariables: { TEMPLATE: 'cbox', VMS: '2' },
    run: { script, interpreter: 'node' },
  });
  const ended = await eventually(
    'the job has ended',
    async () => {
      const view = await stack.client.waitForJob(job.id, 10);
      return view.endedAt !== null && view;
    },
    90_000,
  );
  const output = async (stream: 'stdout' | 'stderr') =>
    text(await stack.client.readOutput(job.id, { task: 0, stream }));
  expect([ended.state, await output('stderr')]).toEqual(['succeeded', '']);
  expect((await output('stdout')).split('\n').sort()).toEqual([
    '',
    expect.stringMatching(/^hello from task 0 on \S+$/),
    expect.stringMatching(/^hello from task 1 on \S+$/),
  ]);
  await eventually('nothing is left', async () => {
    const { billable, machines } = await whatIsLeft(stack);
    return billable.length + machines.length === 0;
  });
}, 150_000);

import { commandLineOf, processesOf } from '../support/job-processes';
import { endOf, runJob, target } from '../support/job-runs';
import { eventually, startLocalStack, text, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack({ MUSTER_GANG_LEASE_MS: '15000', MUSTER_GANG_RETRY_MS: '300' });
  await stack.client.putScaleSet('cbox', { template: 'cbox', capacity: 3 });
  await stack.client.waitForScaleSet('cbox');
}, 90_000);
afterAll(() => stack?.dispose());

/** Each VM of the task leaves a file of one name, and its head runs `last`. */
const leavingFiles = (last: string) => ({
  nodes: 3,
  run: {
    script: `printf 0 > outputs/mine
for host in $(cut -d ' ' -f 1 "$MUSTER_HOSTFILE" | tail -n +2); do
  "$MUSTER_LAUNCH_AGENT" "$host" 'mkdir outputs/deep; printf "$MUSTER_NODE_INDEX" | tee "$MUSTER_OUTPUTS/mine" > outputs/deep/er'
done
${last}`,
  },
});
const outputsOf = async (id: string) => {
  const found = await stack.client.listOutputs(id, { task: 0 });
  const read = found.map(async ({ name }) => {
    return [name, text(await stack.client.readOutputFile(id, { task: 0, path: name }))] as const;
  });
  return Object.fromEntries(await Promise.all(read));
};
const filesOfEach = {
  mine: '0',
  ...{ 'node-1/mine': '1', 'node-1/deep/er': '1', 'node-2/mine': '2', 'node-2/deep/er': '2' },
};

test.each([
  ['succeeds', 'true', { state: 'succeeded' }],
  ['fails', 'exit 3', { state: 'failed' }],
])(
  'files that it leaves on any of its VMs are kept, those of each in a folder of its own, when it %s',
  async (_what, last, end) => {
    const { id, job, tasks } = await runJob(stack, leavingFiles(last));
    expect(job).toMatchObject(end);
    expect(await outputsOf(id)).toEqual(filesOfEach);
    expect(tasks[0]).toMatchObject({ retry: 0, end: 'exited' });
  },
  90_000,
);

test('a member that goes on writing when the task is cancelled has what it wrote by its end kept', async () => {
  const onMember = `trap 'printf late > outputs/late; exit' TERM; printf up > outputs/up; while :; do sleep 0.1; done`;
  const job = await stack.client.submitJob({
    target,
    nodes: 2,
    run: {
      script: `echo '${onMember.replaceAll("'", `'\\''`)}' > member
"$MUSTER_LAUNCH_AGENT" "$(sed -n '2s/ .*//p' "$MUSTER_HOSTFILE")" "$(cat member)" & echo begun; wait`,
    },
  });
  // Its head sleeps nowhere, and the member not before it has written.
  await eventually('its member has written', async () =>
    processesOf(job.id).some((pid) => commandLineOf(pid) === 'sleep 0.1'),
  );
  await stack.client.cancelJob(job.id);
  expect((await endOf(stack, job.id)).job).toMatchObject({ state: 'cancelled' });
  expect(await outputsOf(job.id)).toEqual({ 'node-1/up': 'up', 'node-1/late': 'late' });
}, 90_000);

test('a head whose own files lie where those of another VM belong has not succeeded, and is told why', async () => {
  const { id, job, tasks } = await runJob(
    stack,
    leavingFiles('mkdir outputs/node-2 outputs/node-3; touch outputs/node-2/mine outputs/node-3/mine'),
  );
  expect(job).toMatchObject({ state: 'failed' });
  expect(await outputsOf(id)).toEqual({ ...filesOfEach, 'node-3/mine': '' });
  expect(tasks[0]).toMatchObject({
    end: 'outputs-exceeded',
    message: expect.stringContaining('"node-2" is for the files of another VM') as string,
  });
}, 90_000);

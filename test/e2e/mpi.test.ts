import { readFileSync } from 'node:fs';
import path from 'node:path';
import { eventually, startLocalStack, text, type LocalStack } from '../support/local-stack';

const target = { scaleSet: 'trio' };
const source = readFileSync(path.resolve(__dirname, '../fixtures/mpi/allreduce.c'), 'utf8');
/** Where every VM has it once the first test has compiled it there. */
const allreduce = '/tmp/allreduce';
const anywhere = ['--oversubscribe', '--bind-to', 'none'];
let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack({ MUSTER_GANG_LEASE_MS: '15000', MUSTER_GANG_RETRY_MS: '300' });
  await stack.client.putScaleSet('trio', { template: 'cbox', capacity: 3 });
  await eventually(
    'three VMs',
    async () => (await stack.client.getScaleSet('trio'))?.capacity.enrolled === 3,
  );
}, 90_000);
afterAll(() => stack?.dispose());

const ended = (id: string, limitMs?: number) =>
  eventually(
    `job ${id} ended`,
    async () => {
      const job = await stack.client.waitForJob(id, 5);
      return job.endedAt !== null && job;
    },
    limitMs,
  );
const stdout = async (id: string, task = 0) =>
  text(await stack.client.readOutput(id, { task, stream: 'stdout' }));
const stderr = async (id: string, task = 0) =>
  text(await stack.client.readOutput(id, { task, stream: 'stderr' }));

test('a task of three nodes runs commands on each of its VMs, through its launch agent', async () => {
  const script = `compile='printf %s "$SOURCE" >${allreduce}.c && mpicc -o ${allreduce} ${allreduce}.c && hostname'
sh -c "$compile"
for host in $(cut -d ' ' -f 1 "$MUSTER_HOSTFILE" | tail -n +2); do
  "$MUSTER_LAUNCH_AGENT" "$host" "$compile" 2>&1 || exit 1
done
"$MUSTER_LAUNCH_AGENT" nowhere true
echo "code $? of $MUSTER_NODES: $MUSTER_NODE_ADDRESSES"`;
  const job = await stack.client.submitJob({
    target,
    nodes: 3,
    run: { script },
    environmentVariables: { SOURCE: source },
  });
  expect(job.nodes).toBe(3);
  const end = await ended(job.id);
  const output = await stdout(job.id);
  expect({ state: end.state, stderr: await stderr(job.id), output }).toMatchObject({ state: 'succeeded' });
  const lines = output.trim().split('\n');
  const workers = await stack.client.listWorkers('trio');
  expect(new Set(lines.slice(0, 3)).size).toBe(3);
  expect(lines[3]).toMatch(/^code 255 of 3: /);
  expect(lines[3]!.split(': ')[1]!.split(',').sort()).toEqual(
    workers.map((worker) => worker.privateIpAddress).sort(),
  );
}, 90_000);

test('a real allreduce runs across three VMs, as so many ranks on each', async () => {
  const job = await stack.client.submitJob({
    target,
    nodes: 3,
    mpi: { ranksPerWorker: 2, flags: anywhere },
    run: { program: allreduce },
  });
  const end = await ended(job.id);
  const lines = (await stdout(job.id)).trim().split('\n').sort();
  expect({ state: end.state, stderr: await stderr(job.id) }).toMatchObject({ state: 'succeeded' });
  expect(lines.map((line) => line.replace(/ on .*:/, ':'))).toEqual(
    [0, 1, 2, 3, 4, 5].map((rank) => `rank ${rank} of 6: 21`),
  );
  expect(new Set(lines.map((line) => / on (.*):/.exec(line)![1])).size).toBe(3);
}, 90_000);

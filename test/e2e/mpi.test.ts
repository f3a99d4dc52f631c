import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { processesOf } from '../support/job-processes';
import { control, eventually, startLocalStack, text, type LocalStack } from '../support/local-stack';

const target = { scaleSet: 'trio' };
const source = readFileSync(path.resolve(__dirname, '../fixtures/mpi/allreduce.c'), 'utf8');
const anywhere = ['--oversubscribe', '--bind-to', 'none'];
let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack({ MUSTER_GANG_LEASE_MS: '15000', MUSTER_GANG_RETRY_MS: '300' });
  await stack.client.putScaleSet('trio', { template: 'cbox', capacity: 3 });
  await enrolled(3);
}, 90_000);
afterAll(() => stack?.dispose());

const enrolled = (count: number) =>
  eventually(`${count} VMs`, async () => {
    const view = await stack.client.getScaleSet('trio');
    return view?.capacity.enrolled === count && view.state === 'ready';
  });
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
const condition = async (id: string) => (await stack.client.getJob(id))?.condition?.code;

/** An allreduce over so many VMs, compiled where it is not there yet; with a name the ranks go on until a file of it is in /tmp of one of them. */
const allreduce = (nodes: number, { ranks = 1, goOnUntil }: { ranks?: number; goOnUntil?: string } = {}) => ({
  target,
  nodes,
  mpi: { ranksPerWorker: ranks, flags: anywhere },
  environmentVariables: { SOURCE: source },
  run: {
    script: `program=/tmp/allreduce
if [ ! -x $program ]; then
  printf %s "$SOURCE" >"$TMPDIR/$$.c" && mpicc -o $program.$$ "$TMPDIR/$$.c" && mv $program.$$ $program || exit 9
fi
exec $program ${goOnUntil === undefined ? '' : `/tmp/${goOnUntil}`}`,
  },
});

function putFile(name: string): void {
  const machines = path.join(stack.stateFolder, 'simulator', 'machines');
  for (const machine of readdirSync(machines)) {
    try {
      writeFileSync(path.join(machines, machine, 'disk', 'root', 'tmp', name), '');
    } catch {
      // no machine
    }
  }
}

const ranksRun = (id: string, nodes: number) =>
  eventually('all ranks run', async () => (await stdout(id)).match(/^rank /gm)?.length === nodes);

const workers = () => stack.client.listWorkers('trio');
const pullPlug = async (worker: string): Promise<void> => {
  const { resourceId } = (await workers()).find(({ id }) => id === worker)!;
  await control(stack, 'POST', 'pull-plug', { resourceId });
};

test('a task of three nodes runs commands on each of its VMs, through its launch agent', async () => {
  const script = `hostname
for host in $(cut -d ' ' -f 1 "$MUSTER_HOSTFILE" | tail -n +2); do
  "$MUSTER_LAUNCH_AGENT" "$host" 'hostname; echo "$FLAVOUR $MUSTER_NODE_INDEX"; exit 7' 2>&1
  echo "code $?"
done
"$MUSTER_LAUNCH_AGENT" nowhere true
echo "code $? of $MUSTER_NODES: $MUSTER_NODE_ADDRESSES"`;
  const job = await stack.client.submitJob({
    target,
    nodes: 3,
    run: { script },
    environmentVariables: { FLAVOUR: 'mint' },
  });
  expect(job.nodes).toBe(3);
  const end = await ended(job.id);
  const output = await stdout(job.id);
  expect({ state: end.state, stderr: await stderr(job.id), output }).toMatchObject({ state: 'succeeded' });
  const lines = output.trim().split('\n');
  const [head, one, ofOne, codeOfOne, two, ofTwo, codeOfTwo, last] = lines;
  expect(new Set([head, one, two]).size).toBe(3);
  expect([ofOne, codeOfOne, ofTwo, codeOfTwo]).toEqual(['mint 1', 'code 7', 'mint 2', 'code 7']);
  expect(last).toMatch(/^code 255 of 3: /);
  expect(last!.split(': ')[1]!.split(',').sort()).toEqual(
    (await workers()).map((worker) => worker.privateIpAddress).sort(),
  );
}, 90_000);

test('a real allreduce runs across three VMs, as so many ranks on each', async () => {
  const job = await stack.client.submitJob(allreduce(3, { ranks: 2 }));
  const end = await ended(job.id);
  const lines = (await stdout(job.id)).trim().split('\n').sort();
  expect({ state: end.state, stderr: await stderr(job.id) }).toMatchObject({
    state: 'succeeded',
    stderr: '',
  });
  expect(lines.map((line) => line.replace(/ on .*:/, ':'))).toEqual(
    [0, 1, 2, 3, 4, 5].map((rank) => `rank ${rank} of 6: 21`),
  );
  expect(new Set(lines.map((line) => / on (.*):/.exec(line)![1])).size).toBe(3);
  const [task] = await stack.client.listTasks(job.id);
  expect(task).toMatchObject({ state: 'succeeded', exitCode: 0 });
}, 90_000);

test('unless the job has other flags, the ranks of each VM are bound to cores of their own', async () => {
  const job = await stack.client.submitJob({
    target,
    nodes: 3,
    mpi: { ranksPerWorker: 1 },
    run: { script: 'echo "$(hostname) $MUSTER_MPI_RANKS $(grep Cpus_allowed_list /proc/self/status)"' },
  });
  expect(await ended(job.id)).toMatchObject({ state: 'succeeded' });
  const lines = (await stdout(job.id)).trim().split('\n');
  expect(new Set(lines.map((line) => line.split(' ')[0])).size).toBe(3);
  for (const line of lines) expect(line).toMatch(/ 3 Cpus_allowed_list:\t\d+$/);
}, 90_000);

test('its own failure is its result, once: no VM was lost', async () => {
  const job = await stack.client.submitJob({
    ...allreduce(3),
    run: { script: 'exit $((OMPI_COMM_WORLD_RANK + 3))' },
  });
  expect(await ended(job.id)).toMatchObject({ state: 'failed', tasks: { failed: 1 } });
  const [task] = await stack.client.listTasks(job.id);
  expect(task).toMatchObject({ end: 'exited', retry: 0 });
  expect(task!.exitCode).toBeGreaterThanOrEqual(3);
}, 90_000);

test('cancelling ends all ranks on all VMs', async () => {
  const job = await stack.client.submitJob(allreduce(3, { goOnUntil: 'never' }));
  await ranksRun(job.id, 3);
  expect(processesOf(job.id).length).toBeGreaterThanOrEqual(6);
  await stack.client.cancelJob(job.id);
  expect(await ended(job.id)).toMatchObject({ state: 'cancelled' });
  expect(processesOf(job.id)).toEqual([]);
}, 90_000);

test('two gangs of two on three VMs both end, and ordinary tasks beside them', async () => {
  const gangs = await Promise.all(
    [1, 2].map(() => stack.client.submitJob({ ...allreduce(2), array: { count: 2 } })),
  );
  const small = await stack.client.submitJob({
    target,
    array: { count: 12 },
    run: { script: 'sleep 0.2; echo $MUSTER_TASK_INDEX' },
  });
  for (const { id } of [...gangs, small]) expect(await ended(id)).toMatchObject({ state: 'succeeded' });
  for (const { id } of gangs)
    for (const task of [0, 1])
      expect(
        (await stdout(id, task))
          .replace(/ on .*:/g, ':')
          .trim()
          .split('\n')
          .sort(),
      ).toEqual(['rank 0 of 2: 3', 'rank 1 of 2: 3']);
}, 120_000);

test('a gang that waits for a busy VM gets it, however many tasks wait for it too', async () => {
  const busy = await stack.client.submitJob({ target, run: { script: 'echo up; sleep 3' } });
  await eventually('it runs', async () => (await stdout(busy.id)) === 'up\n');
  const gang = await stack.client.submitJob(allreduce(3));
  await eventually('it waits', async () => (await condition(gang.id)) === 'WaitingForFreeWorkers');
  const small = await stack.client.submitJob({
    target,
    array: { count: 40 },
    run: { script: 'sleep 0.5' },
  });
  expect(await ended(gang.id)).toMatchObject({ state: 'succeeded' });
  expect(await ended(small.id)).toMatchObject({ state: 'succeeded' });
  const [task] = await stack.client.listTasks(gang.id);
  const last = (await stack.client.listTasks(small.id)).map(({ startedAt }) => startedAt!).sort();
  expect(task!.startedAt! < last.at(-1)!).toBe(true);
}, 90_000);

test.each([
  ['a member', 1],
  ['the head', 0],
])(
  'without the VM of %s the gang ends, and its task runs again on other VMs',
  async (_what, isMember) => {
    await enrolled(3);
    const file = `go-${isMember}`;
    const job = await stack.client.submitJob(allreduce(2, { goOnUntil: file }));
    await ranksRun(job.id, 2);
    const running = await eventually('both workers are told of', async () => {
      const found = (await workers()).filter((worker) => worker.running?.jobId === job.id);
      return found.length === 2 && found;
    });
    const [first] = await stack.client.listTasks(job.id);
    const victim = running.find(({ id }) => (id === first!.worker) === !isMember)!;
    await pullPlug(victim.id);
    await eventually(
      'another attempt runs',
      async () => {
        const [task] = await stack.client.listTasks(job.id);
        return task!.attemptId !== first!.attemptId && task!.state === 'running';
      },
      60_000,
    );
    putFile(file);
    expect(await ended(job.id)).toMatchObject({ state: 'succeeded', tasks: { succeeded: 1, failed: 0 } });
    const [task] = await stack.client.listTasks(job.id);
    expect(task!.worker).not.toBe(victim.id);
    await eventually('no process of it is left', () => Promise.resolve(processesOf(job.id).length === 0));
  },
  150_000,
);

test('one VM short it waits and says so, holds nothing meanwhile, and runs when the VM has come', async () => {
  await enrolled(3);
  const gang = await stack.client.submitJob({ ...allreduce(4), run: { script: 'hostname' } });
  await eventually('it waits', async () => (await condition(gang.id)) === 'WaitingForVirtualMachines');
  expect((await stack.client.getJob(gang.id))?.condition?.message).toContain('grow the scale set to 4');
  const smaller = await stack.client.submitJob(allreduce(3));
  expect(await ended(smaller.id)).toMatchObject({ state: 'succeeded' });
  expect(await condition(gang.id)).toBe('WaitingForVirtualMachines');
  await stack.client.growScaleSet('trio', 1);
  expect(await ended(gang.id, 60_000)).toMatchObject({ state: 'succeeded' });
  expect(new Set((await stdout(gang.id)).trim().split('\n')).size).toBe(4);
}, 150_000);

test('an evicted member has its gang run again on other VMs', async () => {
  await stack.client.putScaleSet('spots', { template: 'cbox', capacity: 3, spot: {} });
  const spots = () => stack.client.listWorkers('spots');
  await eventually('three Spot VMs', async () => {
    return (await spots()).filter(({ state }) => state === 'enrolled').length === 3;
  });
  const job = await stack.client.submitJob({
    ...allreduce(2, { goOnUntil: 'evicted' }),
    target: { scaleSet: 'spots' },
  });
  const running = await eventually('both workers are told of', async () => {
    const found = (await spots()).filter((worker) => worker.running?.jobId === job.id);
    return found.length === 2 && found;
  });
  await ranksRun(job.id, 2);
  const [first] = await stack.client.listTasks(job.id);
  const member = running.find(({ id }) => id !== first!.worker)!;
  await control(stack, 'POST', 'evict', { resourceId: member.resourceId, noticeMs: 6000 });
  const again = await eventually('another attempt runs', async () => {
    const [task] = await stack.client.listTasks(job.id);
    return task!.attemptId !== first!.attemptId && task!.state === 'running' && task!.worker !== null && task;
  });
  expect(again.worker).not.toBe(member.id);
  putFile('evicted');
  expect(await ended(job.id)).toMatchObject({ state: 'succeeded', tasks: { succeeded: 1, failed: 0 } });
  await stack.client.deleteScaleSet('spots');
}, 150_000);

test.each([
  ['one node', { nodes: 1 }, 'nodes'],
  ['more nodes than a task may take', { nodes: 65 }, 'nodes'],
  ['nodes of a virtual machine', { nodes: 2, target: { virtualMachine: 'one' } }, 'nodes'],
  ['no ranks', { mpi: { ranksPerWorker: 0 } }, 'mpi.ranksPerWorker'],
  [
    "an argument ':'",
    { mpi: { ranksPerWorker: 1 }, run: { program: 'a', arguments: [':'] } },
    'run.arguments[0]',
  ],
])('%s is 400, and says where', async (_what, changes, where) => {
  const response = await fetch(new URL('/api/jobs', stack.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-functions-key': stack.key },
    body: JSON.stringify({ target, run: { program: 'true' }, ...changes }),
  });
  const { error } = (await response.json()) as { error: { details: { target: string }[] } };
  expect([response.status, error.details[0]!.target]).toEqual([400, where]);
});

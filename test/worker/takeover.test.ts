import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';

let world: World;
eachWorld((made) => (world = made));

/** Each agent has its own VM's folder, as two VMs have. */
const onVm = (name: string) => ({
  workers: [`${name}-0`],
  settings: { taskLeaseMs: 1000 },
  config: { workFolder: `${world.folder}/${name}` },
});

/** Tells the attempt, waits for the gate of that attempt. */
const gatedByAttempt =
  'echo $MUSTER_WORKER; while [ ! -e "$GATES/$MUSTER_WORKER" ]; do sleep 0.02; done; echo done';

async function open(worker: string): Promise<void> {
  const { writeFileSync } = await import('node:fs');
  writeFileSync(world.openFile(worker), '');
}

const begunBy = (jobId: string, worker: string) =>
  until(`${worker} runs the task`, async () => (await world.storage.firstLines(jobId)).includes(worker));

describe('a frozen agent whose task went to another one', () => {
  it('stops its own run when it wakes, and the result is of the other', async () => {
    const jobId = await world.script(gatedByAttempt, { environmentVariables: { GATES: world.openFile('') } });
    const frozen = await world.startAgent(onVm('vm1'));
    await begunBy(jobId, 'vm1-0');
    frozen.signal('SIGSTOP');
    await world.startAgent(onVm('vm2'));
    await begunBy(jobId, 'vm2-0');
    frozen.signal('SIGCONT');
    expect(await frozen.logged('task-lease-not-renewed')).toMatchObject({ state: 'lost' });
    await open('vm1-0');
    await open('vm2-0');
    const result = await world.storage.result(jobId);
    expect(result.worker).toBe('vm2-0');
    expect(await world.storage.text(result, 'stdout')).toBe('vm2-0\ndone\n');
    await world.storage.queueIsEmpty();
    expect(frozen.isRunning).toBe(true);
  });

  it('has its result dropped if its task ended while it was frozen and the other was first to commit', async () => {
    const jobId = await world.script(gatedByAttempt, { environmentVariables: { GATES: world.openFile('') } });
    const frozen = await world.startAgent(onVm('vm1'));
    await begunBy(jobId, 'vm1-0');
    frozen.signal('SIGSTOP');
    await open('vm1-0');
    await world.startAgent(onVm('vm2'));
    await begunBy(jobId, 'vm2-0');
    await open('vm2-0');
    const result = await world.storage.result(jobId);
    expect(result.worker).toBe('vm2-0');
    frozen.signal('SIGCONT');
    await until('the first agent is done with it', () =>
      frozen.events.some((line) => line.attemptId !== undefined),
    );
    frozen.signal('SIGTERM');
    expect(await frozen.ended).toEqual({ code: 0, signal: null });
    expect(await world.storage.findResults(jobId)).toEqual([{ ...result, output: null }]);
    for (const told of world.plane.told) expect(told).toEqual(result);
  });
});

describe('an array job', () => {
  it('of 30 tasks on two agents with two workers each gives every task its one result', async () => {
    const jobId = await world.script('echo $MUSTER_TASK_INDEX of $MUSTER_TASK_COUNT', { taskCount: 30 });
    await world.startAgent({ ...onVm('vm1'), workers: ['vm1-0', 'vm1-1'] });
    await world.startAgent({ ...onVm('vm2'), workers: ['vm2-0', 'vm2-1'] });
    await world.storage.queueIsEmpty();
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, task) => world.storage.result(jobId, task)),
    );
    const outputs = await Promise.all(results.map((result) => world.storage.text(result, 'stdout')));
    expect(outputs).toEqual(results.map((_, task) => `${task} of 30\n`));
    expect(new Set(results.map((result) => result.worker)).size).toBeGreaterThan(1);
  });
});

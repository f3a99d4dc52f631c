import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cancelBlob } from '../../shared/contracts/blob-names';
import type { TaskMessage } from '../../shared/contracts/work-messages';
import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';

let world: World;
eachWorld((made) => (world = made));

const upTo = (count: number): number[] => Array.from({ length: count }, (_, task) => task);

/** One message with all tasks of a job, in place of one for each. */
async function inOneMessage(script: string, count: number, more: Partial<TaskMessage> = {}): Promise<string> {
  const jobId = await world.script(script, { taskCount: count });
  await world.storage.work.clearMessages();
  await world.storage.enqueue({ jobId, tasks: upTo(count), ...more });
  return jobId;
}
const onVm = (name: string) => ({
  workers: [`${name}-0`],
  config: { workFolder: `${world.folder}/${name}` },
});
const cancel = (jobId: string, mark = '{"graceMs":null}') =>
  world.storage.jobs.getBlockBlobClient(cancelBlob(jobId)).upload(mark, mark.length);

describe('a message with many tasks', () => {
  it('gives each its result and output; the control plane hears of them together', async () => {
    const jobId = await inOneMessage('echo $MUSTER_TASK_INDEX', 40);
    await world.startAgent({
      workers: ['vm1-0', 'vm1-1'],
      settings: { inlineOutputBytes: 1000, announceMs: 5000, outputFlushMs: 5000 },
    });
    await world.storage.queueIsEmpty();
    for (const task of upTo(40)) {
      const result = await world.storage.result(jobId, task);
      expect(result).toMatchObject({ outputIn: 'result', exitCode: 0 });
      expect(await world.storage.text(result, 'stdout')).toBe(`${task}\n`);
    }
    expect(world.plane.told.map(({ task }) => task).sort((a, b) => a - b)).toEqual(upTo(40));
    expect(world.plane.of('/api/workers/completions').length).toBeLessThan(30);
  });

  it('is one that a VM takes no more of than it has use for', async () => {
    const [gate, begun] = [world.openFile('gate'), world.openFile('begun')];
    const script = `echo >> ${begun}; while [ ! -e ${gate} ]; do sleep 0.02; done`;
    const quick = await world.script('true', { taskCount: 40 });
    const waiting = await world.script(script, { taskCount: 360 });
    await world.storage.work.clearMessages();
    await world.storage.enqueue({ jobId: quick, tasks: upTo(40) });
    for (const part of upTo(9)) {
      await world.storage.enqueue({ jobId: waiting, tasks: upTo(40).map((task) => part * 40 + task) });
    }
    await world.startAgent({ workers: ['vm1-0', 'vm1-1'], settings: { taskLeaseMs: 30_000 } });
    await until('both workers wait', () => existsSync(begun) && readFileSync(begun, 'utf8') === '\n\n');
    const left = (await world.storage.work.peekMessages({ numberOfMessages: 32 })).peekedMessageItems;
    const wholes = left.filter(({ messageText }) => {
      const { jobId, tasks } = JSON.parse(Buffer.from(messageText, 'base64').toString()) as TaskMessage;
      return jobId === waiting && tasks.length === 40;
    });
    expect(wholes).toHaveLength(8);
    writeFileSync(gate, '');
  });

  it('of tasks that take long is shared with the VMs that have none', async () => {
    const jobId = await inOneMessage('echo $MUSTER_WORKER; sleep 1', 6);
    for (const name of ['vm1', 'vm2', 'vm3']) await (await world.startAgent(onVm(name))).logged('enrolled');
    const results = await Promise.all(upTo(6).map((task) => world.storage.result(jobId, task)));
    const byWorker = new Map<string, number>();
    for (const { worker } of results) byWorker.set(worker, (byWorker.get(worker) ?? 0) + 1);
    expect([...byWorker.keys()].sort()).toEqual(['vm1-0', 'vm2-0', 'vm3-0']);
    expect(Math.max(...byWorker.values())).toBeLessThanOrEqual(3);
    await world.storage.queueIsEmpty();
  });

  it('is given back without the tasks that have ended where the agent has to go', async () => {
    const gate = world.openFile('gate');
    const jobId = await inOneMessage(
      `[ $MUSTER_TASK_INDEX = 0 ] || { echo on; while [ ! -e ${gate} ]; do sleep 0.02; done; }`,
      2,
    );
    const first = await world.startAgent({ ...onVm('vm1'), workers: ['vm1-0', 'vm1-1'] });
    await world.storage.result(jobId, 0);
    await until('the other runs', async () => (await world.storage.firstLines(jobId)).length === 1);
    first.signal('SIGTERM');
    await first.logged('draining');
    first.signal('SIGTERM');
    await first.ended;
    const [item] = (await world.storage.work.peekMessages()).peekedMessageItems;
    const left = JSON.parse(Buffer.from(item!.messageText, 'base64').toString()) as TaskMessage;
    expect(left).toMatchObject({ tasks: [1], interruptions: 1 });
    writeFileSync(gate, '');
    await world.startAgent(onVm('vm2'));
    expect((await world.storage.result(jobId, 1)).worker).toBe('vm2-0');
  });

  it('that comes again is not run again where a task has ended, and its tasks are tried one by one', async () => {
    const jobId = await inOneMessage('echo run', 3);
    const agent = await world.startAgent(onVm('vm1'));
    const first = await world.storage.result(jobId, 1);
    await world.storage.queueIsEmpty();
    // With an agent at work, who takes the message first would be chance.
    agent.signal('SIGTERM');
    await agent.ended;
    const again = await inOneMessage('echo run', 3);
    await world.storage.work.receiveMessages({ visibilityTimeout: 1 });
    await world.storage.enqueue({ jobId, tasks: [1], isRepeat: true });
    await world.startAgent(onVm('vm2'));
    await Promise.all(upTo(3).map((task) => world.storage.result(again, task)));
    await world.storage.queueIsEmpty();
    expect(await world.storage.findResult(jobId, 1)).toEqual(first);
    const attempts = await Promise.all(upTo(3).map((task) => world.storage.result(again, task)));
    const messages = new Set(attempts.map(({ attemptId }) => attemptId.split('-')[1]));
    expect(messages.size).toBe(3);
  });
});

describe('priorities', () => {
  const ofHighPriority = async (script: string): Promise<string> => {
    const jobId = await world.script(script);
    await world.storage.work.clearMessages();
    await world.storage.enqueue({ jobId, tasks: [0] }, world.storage.high);
    return jobId;
  };

  it('of a higher one are taken first', async () => {
    const high = await ofHighPriority('echo high');
    const normal = await world.script('echo normal');
    await world.startAgent({ priorities: ['normal', 'high'] });
    const [first, second] = await Promise.all([world.storage.result(high), world.storage.result(normal)]);
    expect(first.endedAt < second.startedAt).toBe(true);
  });

  it('that were never used cost no look; the next lease renewal tells of one that is used', async () => {
    const high = await ofHighPriority('echo high');
    const normal = await world.script('echo normal');
    await world.startAgent();
    await world.storage.result(normal);
    expect(await world.storage.findResult(high)).toBeUndefined();
    world.plane.priorities = ['normal', 'high'];
    expect((await world.storage.result(high)).exitCode).toBe(0);
  });
});

describe('where the control plane does not take them', () => {
  it('completions go to its queue, with the token of the agent', async () => {
    world.plane.takesCompletions = false;
    const jobId = await world.script('echo told');
    await world.startAgent();
    const result = await world.storage.result(jobId);
    const posted = await until('it is posted', async () => {
      const found = await world.storage.posted();
      return found.length > 0 && found;
    });
    expect(posted).toEqual([result]);
    await world.storage.queueIsEmpty();
  });
});

describe('a cancelled job', () => {
  it('has its tasks stopped, with their grace, and told as cancelled with all their output', async () => {
    const jobId = await world.script('trap "echo saved; exit 3" TERM; echo on; while :; do sleep 0.05; done');
    await world.startAgent();
    await until('it runs', async () => (await world.storage.firstLines(jobId))[0] === 'on');
    await cancel(jobId);
    const result = await world.storage.result(jobId);
    expect(result).toMatchObject({ end: 'cancelled', exitCode: 3 });
    expect(await world.storage.text(result, 'stdout')).toBe('on\nsaved\n');
    await world.storage.queueIsEmpty();
  });

  it('is killed at once where its cancellation gives no grace', async () => {
    const jobId = await world.script('trap "" TERM; echo on; while :; do sleep 0.05; done');
    await world.startAgent({ settings: { killGraceMs: 60_000 } });
    await until('it runs', async () => (await world.storage.firstLines(jobId))[0] === 'on');
    await cancel(jobId, '{"graceMs":0}');
    expect(await world.storage.result(jobId)).toMatchObject({ end: 'cancelled', signal: 'SIGKILL' });
  });

  it('that has lain on the queue is not begun', async () => {
    const jobId = await world.script('echo run');
    await cancel(jobId);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await world.startAgent();
    await world.storage.queueIsEmpty();
    expect(await world.storage.findResult(jobId)).toBeUndefined();
    expect(world.plane.told).toEqual([]);
  });
});

describe('an eviction', () => {
  it('ends a task as evicted where its job is not to be run elsewhere', async () => {
    world.plane.priority = 'Spot';
    const jobId = await world.script('echo on; sleep 300', { failsOnEviction: true });
    const agent = await world.startAgent();
    await until('it runs', async () => (await world.storage.firstLines(jobId))[0] === 'on');
    world.plane.scheduledEvents = {
      status: 200,
      body: {
        DocumentIncarnation: 2,
        Events: [
          {
            EventId: 'E-1',
            EventType: 'Preempt',
            Resources: ['vm1'],
            EventStatus: 'Scheduled',
            NotBefore: new Date(Date.now() + 3000).toUTCString(),
          },
        ],
      },
    };
    await agent.ended;
    expect(await world.storage.result(jobId)).toMatchObject({ end: 'evicted' });
    await world.storage.queueIsEmpty();
  });
});

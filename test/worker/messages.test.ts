import { jobPrefix } from '../../shared/contracts/blob-names';
import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';

let world: World;
eachWorld((made) => (world = made));

describe('a message', () => {
  it('that is no task is logged and deleted', async () => {
    await world.storage.work.sendMessage('not base64 of anything');
    const traversal = JSON.stringify({ version: 1, jobId: '../etc', tasks: [0], retry: 0 });
    await world.storage.work.sendMessage(Buffer.from(traversal).toString('base64'));
    const agent = await world.startAgent();
    await world.storage.queueIsEmpty();
    expect(agent.events.filter((line) => line.event === 'message-unparseable')).toHaveLength(2);
  });

  it('of a job without specification fails as specification-invalid', async () => {
    await world.storage.enqueue({ jobId: 'job-deleted', tasks: [0] });
    await world.startAgent();
    const result = await world.storage.result('job-deleted');
    expect(result).toMatchObject({
      end: 'specification-invalid',
      message: expect.stringContaining('deleted') as string,
    });
  });

  it('delivered twice gives one result, told for each delivery', async () => {
    const jobId = await world.script('echo once');
    await world.storage.enqueue({ jobId, tasks: [0] });
    // Of messages that are a moment old it is asked whether they have ended.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await world.startAgent();
    const result = await world.storage.result(jobId);
    await world.storage.queueIsEmpty();
    await until('both are told', () => world.plane.told.length === 2);
    expect(world.plane.told).toEqual([result, result]);
  });

  it('delivered too often fails as vm-lost without being run', async () => {
    const jobId = await world.script('echo run', { maxAttempts: 1 });
    await world.storage.work.receiveMessages({ visibilityTimeout: 1 });
    await world.startAgent();
    const result = await world.storage.result(jobId);
    expect(result).toMatchObject({ end: 'vm-lost', stdoutBytes: 0 });
    expect(await world.storage.text(result, 'stderr')).toContain('1 attempts were begun and none ended');
  });

  it('whose output has nowhere to go is given back and run anew', async () => {
    const jobId = await world.script('while :; do echo more; sleep 0.05; done');
    const agent = await world.startAgent({ settings: { taskLeaseMs: 60_000 } });
    await until('it runs', async () => (await world.storage.streamSoFar(jobId, 'stdout')).length > 0);
    for await (const { name } of world.storage.jobs.listBlobsFlat({ prefix: jobPrefix(jobId) })) {
      await world.storage.jobs.deleteBlob(name);
    }
    await agent.logged('task-not-run');
    await until(
      'the next attempt runs',
      async () => (await world.storage.streamSoFar(jobId, 'stdout')).length > 0,
    );
  });

  it('taken from the agent while its task runs stops the task; its output is kept, nothing is committed', async () => {
    const jobId = await world.script('echo begun; sleep 300');
    const agent = await world.startAgent();
    await until('it runs', async () => (await world.storage.streamSoFar(jobId, 'stdout')).length > 0);
    await world.storage.work.clearMessages();
    await agent.logged('task-lease-not-renewed');
    await until('the task is gone', () => world.taskFiles().length === 0);
    expect(await world.storage.findResult(jobId)).toBeUndefined();
    expect((await world.storage.streamSoFar(jobId, 'stdout')).toString()).toBe('begun\n');
    expect(agent.isRunning).toBe(true);
  });
});

import type { ActivityHandler, OrchestrationHandler } from 'durable-functions';
import { createFixture, until, type Fixture } from './engine-fixture';

const orchestrators: Record<string, OrchestrationHandler> = {
  *Sequence(context) {
    const first: unknown = yield context.df.callActivity('Add', [context.df.getInput(), 1]);
    const second: unknown = yield context.df.callActivity('Add', [first, 1]);
    return yield context.df.callActivity('Add', [second, 1]);
  },
  *Timer(context) {
    const due = new Date(context.df.currentUtcDateTime.getTime() + 60_000);
    yield context.df.createTimer(due);
    return context.df.currentUtcDateTime >= due;
  },
  *Approval(context) {
    const answer: unknown = yield context.df.waitForExternalEvent('Approval');
    const again: unknown = yield context.df.waitForExternalEvent('Approval');
    return [answer, again];
  },
  *Observes(context) {
    const guid = context.df.newGuid('name');
    if (!context.df.isReplaying) notReplaying += 1;
    yield context.df.callActivity('Add', [1, 1]);
    if (!context.df.isReplaying) notReplaying += 1;
    const again: string = yield context.df.callSubOrchestrator('Child', guid);
    return again;
  },
  *Child(context) {
    return [context.df.parentInstanceId, context.df.getInput() !== undefined, context.df.instanceId];
  },
  *Parent(context) {
    return yield context.df.Task.all([
      context.df.callSubOrchestrator('Sequence', 1),
      context.df.callSubOrchestrator('Sequence', 10),
    ]);
  },
};
let notReplaying = 0;
const activities: Record<string, ActivityHandler> = { Add: ([a, b]: [number, number]) => a + b };

describe.each([
  ['with idle instances in memory', {}],
  ['with every idle instance forgotten', { cacheSize: 0 }],
])('the durable engine %s', (_how, options) => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await createFixture({ orchestrators, activities }, options);
  });
  afterEach(() => fixture.close());

  it('runs activities one after the other and completes with the output', async () => {
    const status = await fixture.run('Sequence', 1);
    expect(status).toMatchObject({ name: 'Sequence', runtimeStatus: 'Completed', input: 1, output: 4 });
  });

  it('fires a durable timer once the clock has passed it', async () => {
    const { instanceId } = await fixture.engine.startNew({ name: 'Timer' });
    await until(async () => (await fixture.engine.status(instanceId))?.runtimeStatus === 'Running');
    fixture.clock.advance(59_999);
    expect((await fixture.engine.status(instanceId))?.runtimeStatus).toBe('Running');
    fixture.clock.advance(1);
    expect(await fixture.finished(instanceId)).toMatchObject({ runtimeStatus: 'Completed', output: true });
  });

  it('hands external events over in the order they were raised, whether awaited yet or not', async () => {
    const { instanceId } = await fixture.engine.startNew({ name: 'Approval' });
    expect(await fixture.engine.raiseEvent(instanceId, 'Approval', { by: 'a' })).toBe('accepted');
    expect(await fixture.engine.raiseEvent(instanceId, 'Approval', { by: 'b' })).toBe('accepted');
    expect((await fixture.finished(instanceId)).output).toEqual([{ by: 'a' }, { by: 'b' }]);
  });

  it('runs sub-orchestrations and gives the parent their outputs', async () => {
    expect(await fixture.run('Parent')).toMatchObject({ runtimeStatus: 'Completed', output: [4, 13] });
  });

  it('tells an orchestrator truly whether it is replaying, and a child who its parent is', async () => {
    notReplaying = 0;
    const { output } = await fixture.run('Observes', undefined, 'the-parent');
    expect(notReplaying).toBe(2);
    expect(output).toEqual(['the-parent', true, expect.stringMatching(/^[0-9a-f]{32}:1$/)]);
  });

  it('goes on with a waiting orchestration after a restart', async () => {
    const { instanceId } = await fixture.engine.startNew({ name: 'Approval' });
    await fixture.engine.raiseEvent(instanceId, 'Approval', 1);
    await until(async () => (await fixture.engine.status(instanceId))?.runtimeStatus === 'Running');
    await fixture.restart();
    await fixture.engine.raiseEvent(instanceId, 'Approval', 2);
    expect((await fixture.finished(instanceId)).output).toEqual([1, 2]);
  });
});

import type { ActivityHandler, OrchestrationHandler } from 'durable-functions';
import { createFixture, until, type Fixture } from './engine-fixture';

const orchestrators: Record<string, OrchestrationHandler> = {
  *Echo(context) {
    context.df.setCustomStatus({ phase: 'echoing' });
    return yield context.df.callActivity('Echo', context.df.getInput());
  },
  *Gather(context) {
    const events: unknown[] = [];
    for (let i = 0; i < 3; i++) events.push(yield context.df.waitForExternalEvent('Item'));
    return events;
  },
  *Parent(context) {
    try {
      return yield context.df.callSubOrchestrator('Gather', null, 'the-child');
    } catch (error) {
      return `failed: ${(error as Error).message}`;
    }
  },
  *Duplicates(context) {
    return yield context.df.Task.all([
      context.df.callSubOrchestrator('Echo', 1, 'same-id'),
      context.df.callSubOrchestrator('Echo', 2, 'other-id'),
    ]);
  },
};
const activities: Record<string, ActivityHandler> = { Echo: (input: unknown) => input };

describe('controlling orchestrations', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await createFixture({ orchestrators, activities });
  });
  afterEach(() => fixture.close());

  async function statusIs(id: string, status: string): Promise<void> {
    await until(async () => (await fixture.engine.status(id))?.runtimeStatus === status);
  }

  async function eventTypes(id: string): Promise<unknown[]> {
    const status = await fixture.engine.status(id, { showHistory: true });
    return (status?.historyEvents ?? []).map((event) => event['EventType']);
  }

  it('starts an instance once while one of the same id is under way, and anew after it has ended', async () => {
    const start = (): Promise<unknown> => fixture.engine.startNew({ name: 'Gather', instanceId: 'one' });
    expect(await start()).toEqual({ instanceId: 'one', result: 'created' });
    expect(await start()).toEqual({ instanceId: 'one', result: 'exists' });
    await fixture.engine.terminate('one', 'over');
    await fixture.finished('one');
    expect(await start()).toEqual({ instanceId: 'one', result: 'created' });
    await statusIs('one', 'Running');
    expect((await fixture.engine.status('one'))?.output).toBeNull();
  });

  it('terminates a running orchestration with the reason as its output', async () => {
    await fixture.engine.startNew({ name: 'Gather', instanceId: 'one' });
    await statusIs('one', 'Running');
    expect(await fixture.engine.terminate('one', 'no longer wanted')).toBe('accepted');
    expect(await fixture.finished('one')).toMatchObject({
      runtimeStatus: 'Terminated',
      output: 'no longer wanted',
    });
    expect(await eventTypes('one')).toEqual([
      'ExecutionStarted',
      'ExecutionTerminated',
      'ExecutionCompleted',
    ]);
    expect(await fixture.engine.terminate('one', 'again')).toBe('already-finished');
    expect(await fixture.engine.raiseEvent('one', 'Item', 1)).toBe('already-finished');
    expect(await fixture.engine.terminate('nobody', 'x')).toBe('not-found');
  });

  it('tells the parent when its child is terminated', async () => {
    const { instanceId } = await fixture.engine.startNew({ name: 'Parent' });
    await statusIs('the-child', 'Running');
    await fixture.engine.terminate('the-child', 'enough');
    expect((await fixture.finished(instanceId)).output).toMatch(/^failed: enough/);
  });

  it('holds everything back while suspended, and loses nothing by a restart', async () => {
    await fixture.engine.startNew({ name: 'Gather', instanceId: 'one' });
    await statusIs('one', 'Running');
    expect(await fixture.engine.suspend('one', 'wait')).toBe('accepted');
    await statusIs('one', 'Suspended');
    for (const item of [1, 2]) await fixture.engine.raiseEvent('one', 'Item', item);
    await fixture.restart();
    await fixture.engine.raiseEvent('one', 'Item', 3);
    expect((await fixture.engine.status('one'))?.runtimeStatus).toBe('Suspended');
    await fixture.engine.resume('one', 'go on');
    expect((await fixture.finished('one')).output).toEqual([1, 2, 3]);
    expect(await eventTypes('one')).toEqual(
      expect.arrayContaining(['ExecutionSuspended', 'ExecutionResumed']),
    );
  });

  it('keeps the result of an activity that ends while its orchestration is suspended', async () => {
    let calls = 0;
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    await fixture.restart({
      orchestrators,
      activities: {
        Echo: async (input: unknown) => {
          calls += 1;
          await gate;
          return input;
        },
      },
    });
    await fixture.engine.startNew({ name: 'Echo', instanceId: 'one', input: 'kept' });
    await until(() => calls === 1);
    await fixture.engine.suspend('one', 'wait');
    await statusIs('one', 'Suspended');
    release();
    await fixture.restart({ orchestrators, activities: {} });
    await fixture.engine.resume('one', 'go on');
    expect(await fixture.finished('one')).toMatchObject({ runtimeStatus: 'Completed', output: 'kept' });
    expect(calls).toBe(1);
  });

  it('terminates a suspended orchestration', async () => {
    await fixture.engine.startNew({ name: 'Gather', instanceId: 'one' });
    await fixture.engine.suspend('one', 'wait');
    await fixture.engine.terminate('one', 'over');
    expect((await fixture.finished('one')).runtimeStatus).toBe('Terminated');
  });

  it('restarts an instance with its own input, under its id or a new one', async () => {
    await fixture.run('Echo', { a: 1 }, 'one');
    expect(await fixture.engine.restart('one', false)).toBe('one');
    expect((await fixture.finished('one')).output).toEqual({ a: 1 });
    const other = await fixture.engine.restart('one', true);
    expect(other).not.toBe('one');
    expect((await fixture.finished(String(other))).output).toEqual({ a: 1 });
    expect(await fixture.engine.restart('nobody', false)).toBeUndefined();
    await fixture.engine.startNew({ name: 'Gather', instanceId: 'live' });
    expect(await fixture.engine.restart('live', false)).toBeUndefined();
  });

  it('purges a finished instance with all its history, and no other', async () => {
    await fixture.run('Echo', 1, 'one');
    await fixture.engine.startNew({ name: 'Gather', instanceId: 'two' });
    expect(await fixture.engine.purge('one')).toBe(true);
    expect(await fixture.engine.status('one')).toBeUndefined();
    expect(await fixture.engine.purge('one')).toBe(false);
    expect(await fixture.engine.purge('two')).toBe(false);
  });

  it('purges by creation time and status', async () => {
    await fixture.run('Echo', 1, 'old');
    fixture.clock.advance(60_000);
    const since = new Date(fixture.clock.now());
    await fixture.run('Echo', 1, 'new');
    await fixture.engine.startNew({ name: 'Gather', instanceId: 'running' });
    expect(await fixture.engine.purgeMany({ createdTimeTo: new Date(since.getTime() - 1) })).toBe(1);
    expect(await fixture.engine.purgeMany({ runtimeStatus: ['Failed', 'Terminated'] })).toBe(0);
    expect(await fixture.engine.purgeMany({ createdTimeFrom: since, runtimeStatus: ['Completed'] })).toBe(1);
    expect(await fixture.engine.status('running')).toBeDefined();
  });

  it('pages through instances and filters them by status, prefix and creation time', async () => {
    for (let i = 0; i < 7; i++) await fixture.run('Echo', i, `a_${i}`);
    await fixture.engine.startNew({ name: 'Gather', instanceId: 'b%1' });
    await fixture.run('Nobody', null, 'b_2');
    const ids: string[] = [];
    let continuationToken: string | undefined;
    do {
      const page = await fixture.engine.query({
        instanceIdPrefix: 'a_',
        top: 3,
        ...(continuationToken ? { continuationToken } : {}),
      });
      expect(page.instances.length).toBeLessThanOrEqual(3);
      ids.push(...page.instances.map((instance) => instance.instanceId));
      continuationToken = page.continuationToken;
    } while (continuationToken);
    expect(ids).toEqual(Array.from({ length: 7 }, (_, i) => `a_${i}`));
    const failed = await fixture.engine.query({ runtimeStatus: ['Failed'] });
    expect(failed.instances.map((instance) => instance.instanceId)).toEqual(['b_2']);
    expect((await fixture.engine.query({ instanceIdPrefix: 'b%' })).instances).toHaveLength(1);
    expect(
      (await fixture.engine.query({ createdTimeFrom: new Date(fixture.clock.now() + 1) })).instances,
    ).toEqual([]);
    await expect(fixture.engine.query({ continuationToken: 'nonsense' })).rejects.toThrow(
      /continuation token/,
    );
  });

  it("shows the history in the shape of the extension's client", async () => {
    await fixture.run('Echo', 'hello', 'one');
    const status = await fixture.engine.status('one', {
      showHistory: true,
      showHistoryOutput: true,
      showInput: true,
    });
    const at = new Date(fixture.clock.now()).toISOString();
    expect(status?.customStatus).toEqual({ phase: 'echoing' });
    expect(status?.historyEvents).toEqual([
      { EventType: 'ExecutionStarted', Timestamp: at, FunctionName: 'Echo', Input: '"hello"' },
      {
        EventType: 'TaskCompleted',
        Timestamp: at,
        Result: 'hello',
        ScheduledTime: at,
        FunctionName: 'Echo',
        Input: '"hello"',
      },
      { EventType: 'ExecutionCompleted', Timestamp: at, OrchestrationStatus: 'Completed', Result: 'hello' },
    ]);
    const bare = await fixture.engine.status('one', { showHistory: true, showInput: false });
    expect(bare?.input).toBeNull();
    expect(JSON.stringify(bare?.historyEvents)).not.toContain('hello');
  });

  it('lets a child go on when its parent is terminated', async () => {
    const { instanceId } = await fixture.engine.startNew({ name: 'Parent' });
    await statusIs('the-child', 'Running');
    await fixture.engine.terminate(instanceId, 'over');
    await fixture.finished(instanceId);
    expect((await fixture.engine.status('the-child'))?.runtimeStatus).toBe('Running');
  });

  it('fails a call of a sub-orchestration whose id is taken by a live instance', async () => {
    await fixture.engine.startNew({ name: 'Gather', instanceId: 'same-id' });
    const status = await fixture.run('Duplicates');
    expect(status.runtimeStatus).toBe('Failed');
    expect(status.output).toMatch(/'same-id' is already under way/);
  });

  it('fails an orchestration whose code has changed under it', async () => {
    await fixture.restart({
      orchestrators: {
        *Changes(context) {
          yield context.df.callActivity('Echo', 1);
          return yield context.df.waitForExternalEvent('Item');
        },
      },
      activities,
    });
    const { instanceId } = await fixture.engine.startNew({ name: 'Changes' });
    await until(async () => (await eventTypes(instanceId)).includes('TaskCompleted'));
    await fixture.restart({
      orchestrators: {
        *Changes(context) {
          return yield context.df.waitForExternalEvent('Item');
        },
      },
      activities,
    });
    await fixture.engine.raiseEvent(instanceId, 'Other', 1);
    expect(await fixture.finished(instanceId)).toMatchObject({
      runtimeStatus: 'Failed',
      output: expect.stringMatching(/^Non-Deterministic workflow detected: .* name 'Echo'/) as string,
    });
  });

  it('refuses a store that another version of the host has written', async () => {
    const { DatabaseSync } = await import('node:sqlite');
    const start = await fixture.stop();
    const database = new DatabaseSync(fixture.file);
    database.exec("UPDATE meta SET value = 99 WHERE name = 'schema'");
    database.close();
    await expect(start()).rejects.toThrow(/schema 99/);
    const repaired = new DatabaseSync(fixture.file);
    repaired.exec("UPDATE meta SET value = 1 WHERE name = 'schema'");
    repaired.close();
    await start();
  });
});

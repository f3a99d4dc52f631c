import * as df from 'durable-functions';
import type { EntityHandler, OrchestrationHandler } from 'durable-functions';
import { createFixture, until, type Fixture } from './engine-fixture';

const counter = (key: string): df.EntityId => new df.EntityId('Counter', key);
const COUNTER = { name: 'Counter', key: 'a' };

const entities: Record<string, EntityHandler<unknown>> = {
  Counter: (context) => {
    const current = (context.df.getState(() => 0) as number | undefined) ?? 0;
    switch (context.df.operationName) {
      case 'add':
        context.df.setState(current + (context.df.getInput<number>() ?? 0));
        break;
      case 'get':
        context.df.return(current);
        break;
      case 'fail':
        throw new Error('not today');
      case 'forward':
        context.df.signalEntity(counter('b'), 'add', current);
        break;
      case 'delete':
        context.df.destructOnExit();
        break;
    }
  },
  Log: (context) => {
    const log = (context.df.getState(() => []) as unknown[] | undefined) ?? [];
    context.df.setState([...log, context.df.getInput()]);
  },
};

const orchestrators: Record<string, OrchestrationHandler> = {
  *AddAndGet(context) {
    context.df.signalEntity(counter('a'), 'add', 2);
    yield context.df.callEntity(counter('a'), 'add', 3);
    return yield context.df.callEntity(counter('a'), 'get');
  },
  *Fails(context) {
    try {
      yield context.df.callEntity(counter('a'), 'fail');
      return 'nothing was thrown';
    } catch {
      return yield context.df.callEntity(counter('a'), 'get');
    }
  },
  *Unknown(context) {
    try {
      yield context.df.callEntity(new df.EntityId('Nowhere', 'x'), 'get');
      return 'nothing was thrown';
    } catch (error) {
      return (error as Error).message;
    }
  },
  *Calls(context) {
    const calls: df.Task[] = [];
    for (let i = 0; i < 50; i++) calls.push(context.df.callEntity(counter('a'), 'add', 1));
    yield context.df.Task.all(calls);
    return yield context.df.callEntity(counter('a'), 'get');
  },
  /** Reads, waits and writes in two entities: only a lock makes the sum right when two run at once. */
  *Transfers(context) {
    const lock: { release: () => void } = yield (context.df as unknown as Locking).lock(
      counter('a'),
      counter('b'),
    );
    const current: number = yield context.df.callEntity(counter('a'), 'get');
    yield context.df.callActivity('Pause');
    yield context.df.callEntity(counter('a'), 'add', -current);
    yield context.df.callEntity(counter('b'), 'add', current);
    yield context.df.callEntity(counter('a'), 'add', 10);
    if (context.df.getInput() !== 'keep') lock.release();
    return yield context.df.callActivity('Pause');
  },
};

interface Locking {
  lock(...entities: df.EntityId[]): df.Task;
}

describe('entities', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await createFixture({ orchestrators, entities, activities: { Pause: () => 'paused' } });
  });
  afterEach(() => fixture.close());

  const stateOf = async (key: string): Promise<unknown> =>
    (await fixture.engine.entityState({ name: 'counter', key }))?.state;

  it('answers calls in the order in which an orchestration sent signals and calls', async () => {
    expect((await fixture.run('AddAndGet')).output).toBe(5);
  });

  it('runs signals of a client in order, each once', async () => {
    const items = Array.from({ length: 100 }, (_, index) => index);
    await Promise.all(
      items.map((item) => fixture.engine.signalEntity({ name: 'LOG', key: 'x' }, 'append', item)),
    );
    const state = async (): Promise<unknown> =>
      (await fixture.engine.entityState({ name: 'Log', key: 'x' }))?.state;
    await until(async () => ((await state()) as unknown[] | undefined)?.length === 100);
    expect(await state()).toEqual(items);
  });

  it('keeps state over a restart', async () => {
    await fixture.run('AddAndGet');
    await fixture.restart();
    expect((await fixture.run('AddAndGet')).output).toBe(10);
  });

  it('throws the failure of an operation in the caller and leaves other operations alone', async () => {
    await fixture.engine.signalEntity(COUNTER, 'add', 7);
    expect((await fixture.run('Fails')).output).toBe(7);
  });

  it('fails a call of an entity that is not registered', async () => {
    expect((await fixture.run('Unknown')).output).toMatch(/'nowhere' doesn't exist/);
  });

  it('counts each of many calls at once exactly once', async () => {
    const outputs = await Promise.all([fixture.run('Calls'), fixture.run('Calls')]);
    expect(await stateOf('a')).toBe(100);
    expect(Math.max(...outputs.map((status) => Number(status.output)))).toBe(100);
  });

  it('delivers a scheduled signal at its time, also when that passed without a host', async () => {
    const at = new Date(fixture.clock.now() + 60_000);
    await fixture.engine.signalEntity(COUNTER, 'add', 1, at);
    await fixture.engine.signalEntity(COUNTER, 'add', 10);
    await until(async () => (await stateOf('a')) === 10);
    const start = await fixture.stop();
    fixture.clock.advance(60_000);
    await start();
    await until(async () => (await stateOf('a')) === 11);
  });

  it('lets an entity signal another', async () => {
    await fixture.engine.signalEntity(COUNTER, 'add', 4);
    await fixture.engine.signalEntity(COUNTER, 'forward', null);
    await until(async () => (await stateOf('b')) === 4);
  });

  it('forgets an entity that has deleted itself', async () => {
    await fixture.run('AddAndGet');
    await fixture.engine.signalEntity(COUNTER, 'delete', null);
    await until(async () => (await fixture.engine.entityState(COUNTER)) === undefined);
    expect((await fixture.engine.listEntities({ name: 'Counter' })).entities).toEqual([]);
  });

  it('lists entities by name and page', async () => {
    for (const key of ['x', 'y', 'z']) await fixture.engine.signalEntity({ name: 'Counter', key }, 'add', 1);
    await fixture.engine.signalEntity({ name: 'Log', key: 'x' }, 'append', 1);
    await until(async () => (await fixture.engine.listEntities({})).entities.length === 4);
    const first = await fixture.engine.listEntities({ name: 'counter', top: 2, fetchState: true });
    expect(first.entities.map((entity) => [entity.entityId.key, entity.state])).toEqual([
      ['x', 1],
      ['y', 1],
    ]);
    const rest = await fixture.engine.listEntities({
      name: 'counter',
      top: 2,
      continuationToken: String(first.continuationToken),
    });
    expect(rest.entities.map((entity) => entity.entityId)).toEqual([{ name: 'counter', key: 'z' }]);
    expect(rest.continuationToken).toBeUndefined();
  });

  it('lets one orchestration at a time into a critical section', async () => {
    await fixture.engine.signalEntity(COUNTER, 'add', 10);
    const ended = await Promise.all(Array.from({ length: 5 }, () => fixture.run('Transfers')));
    expect(ended.map((status) => status.output)).toEqual(Array(5).fill('paused'));
    expect(await stateOf('a')).toBe(10);
    expect(await stateOf('b')).toBe(50);
  });

  it('gives locks back when an orchestration ends or is terminated without releasing them', async () => {
    await fixture.engine.signalEntity(COUNTER, 'add', 10);
    await fixture.run('Transfers', 'keep');
    expect((await fixture.run('Transfers')).runtimeStatus).toBe('Completed');
    expect(await stateOf('b')).toBe(20);
  });

  it('gives up the place in the queue of an orchestration that is terminated while it waits for a lock', async () => {
    let release = (): void => undefined;
    const gate = new Promise<string>((resolve) => (release = () => resolve('paused')));
    await fixture.restart({ orchestrators, entities, activities: { Pause: () => gate } });
    await fixture.engine.startNew({ name: 'Transfers', instanceId: 'holder' });
    await until(async () => (await fixture.engine.listEntities({})).entities.length > 0);
    await fixture.engine.startNew({ name: 'Transfers', instanceId: 'doomed' });
    await until(async () => (await fixture.engine.status('doomed'))?.runtimeStatus === 'Running');
    await fixture.engine.terminate('doomed', 'over');
    await fixture.finished('doomed');
    release();
    expect((await fixture.finished('holder')).runtimeStatus).toBe('Completed');
    expect((await fixture.run('Transfers')).runtimeStatus).toBe('Completed');
  });
});

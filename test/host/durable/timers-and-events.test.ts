import type { ActivityHandler, OrchestrationHandler, Task, TimerTask } from 'durable-functions';
import { createFixture, until, type Fixture } from './engine-fixture';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const orchestrators: Record<string, OrchestrationHandler> = {
  *Waits(context) {
    yield context.df.createTimer(new Date(context.df.getInput() as number));
    return context.df.currentUtcDateTime.getTime();
  },
  *EventOrTimer(context) {
    const { cancels } = context.df.getInput() as { cancels: boolean };
    const timer: TimerTask = context.df.createTimer(
      new Date(context.df.currentUtcDateTime.getTime() + MINUTE),
    );
    const event = context.df.waitForExternalEvent('Go');
    const winner: Task = yield context.df.Task.any([event, timer]);
    if (winner === timer) return 'timer';
    if (cancels) timer.cancel();
    return 'event';
  },
  *Cased(context) {
    const first: unknown = yield context.df.waitForExternalEvent('goAhead');
    const second: unknown = yield context.df.waitForExternalEvent('GOAHEAD2');
    return [first, second];
  },
  *Counts(context) {
    const { seen, until: target } = context.df.getInput() as { seen: string[]; until: number };
    if (seen.length === target) return seen;
    const event: string = yield context.df.waitForExternalEvent('Item');
    context.df.setCustomStatus({ seen: seen.length + 1 });
    context.df.continueAsNew({ seen: [...seen, event], until: target });
    return undefined;
  },
  *QuotesText(context) {
    const input = context.df.getInput() as string | { done: true };
    if (typeof input === 'string' && input.startsWith('"')) return input;
    context.df.continueAsNew(input);
    return undefined;
  },
  *ContinuesWithTimer(context) {
    const round = context.df.getInput() as number;
    if (round === 2) return context.df.currentUtcDateTime.getTime();
    const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + MINUTE));
    yield context.df.Task.any([timer, context.df.callActivity('Echo', round)]);
    context.df.continueAsNew(round + 1);
    return undefined;
  },
  *SetsClockBack(context) {
    const begun = context.df.currentUtcDateTime.getTime();
    yield context.df.callActivity('SetClockBack');
    const after = context.df.currentUtcDateTime.getTime();
    const due = after + MINUTE;
    yield context.df.createTimer(new Date(due));
    return after >= begun && context.df.currentUtcDateTime.getTime() >= due;
  },
  *Large(context) {
    const text = context.df.getInput() as string;
    const echoed: string = yield context.df.callActivity('Echo', text);
    const event: string = yield context.df.waitForExternalEvent('More');
    return [echoed.length, event.length, echoed === text];
  },
  *Fan(context) {
    const calls: Task[] = [];
    for (let i = 0; i < (context.df.getInput() as number); i++)
      calls.push(context.df.callActivity('Echo', i));
    return yield context.df.Task.all(calls);
  },
};
const activities: Record<string, ActivityHandler> = { Echo: (input: unknown) => input };

describe('timers, external events and generations', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await createFixture({ orchestrators, activities });
  });
  afterEach(() => fixture.close());

  async function startRunning(name: string, input?: unknown): Promise<string> {
    const { instanceId } = await fixture.engine.startNew({ name, input });
    await until(async () => (await fixture.engine.status(instanceId))?.runtimeStatus === 'Running');
    return instanceId;
  }

  it('fires a timer longer than any storage limit once, at its time', async () => {
    const due = fixture.clock.now() + 30 * DAY;
    const id = await startRunning('Waits', due);
    for (let day = 0; day < 29; day++) fixture.clock.advance(DAY);
    await fixture.restart();
    expect((await fixture.engine.status(id))?.runtimeStatus).toBe('Running');
    fixture.clock.advance(DAY);
    expect((await fixture.finished(id)).output).toBe(due);
    const history = (await fixture.engine.status(id, { showHistory: true }))?.historyEvents ?? [];
    expect(history.filter((event) => event['EventType'] === 'TimerFired')).toHaveLength(1);
  });

  it('fires at once a timer that was due while no host was running', async () => {
    const due = fixture.clock.now() + MINUTE;
    const id = await startRunning('Waits', due);
    const start = await fixture.stop();
    fixture.clock.advance(DAY);
    await start();
    expect((await fixture.finished(id)).output).toBe(due + DAY - MINUTE);
  });

  it('never shows the orchestrator a time that runs back, though the clock was set back', async () => {
    await fixture.restart({
      orchestrators,
      activities: { SetClockBack: () => fixture.clock.advance(-DAY) },
    });
    const { instanceId } = await fixture.engine.startNew({ name: 'SetsClockBack' });
    await until(async () => {
      const history = (await fixture.engine.status(instanceId, { showHistory: true }))?.historyEvents ?? [];
      return history.some((event) => event['EventType'] === 'TimerCreated');
    });
    fixture.clock.advance(DAY + MINUTE);
    expect((await fixture.finished(instanceId)).output).toBe(true);
  });

  it('stays Running after the orchestrator has returned until a timer left alone has fired', async () => {
    const id = await startRunning('EventOrTimer', { cancels: false });
    await fixture.engine.raiseEvent(id, 'Go', null);
    await until(async () => {
      const history = (await fixture.engine.status(id, { showHistory: true }))?.historyEvents ?? [];
      return history.some((event) => event['EventType'] === 'EventRaised');
    });
    expect((await fixture.engine.status(id))?.runtimeStatus).toBe('Running');
    fixture.clock.advance(MINUTE);
    expect((await fixture.finished(id)).output).toBe('event');
  });

  it('completes at once when the timer was cancelled', async () => {
    const id = await startRunning('EventOrTimer', { cancels: true });
    await fixture.engine.raiseEvent(id, 'Go', null);
    expect((await fixture.finished(id)).output).toBe('event');
  });

  it('gives the timer the race when the event stays away', async () => {
    const id = await startRunning('EventOrTimer', { cancels: true });
    fixture.clock.advance(MINUTE);
    expect((await fixture.finished(id)).output).toBe('timer');
  });

  it('takes event names without regard to case, before and after a restart', async () => {
    const { instanceId: id } = await fixture.engine.startNew({ name: 'Cased' });
    await fixture.engine.raiseEvent(id, 'goahead2', 'early');
    await fixture.engine.raiseEvent(id, 'GoAhead', 'first');
    expect((await fixture.finished(id)).output).toEqual(['first', 'early']);

    const { instanceId: other } = await fixture.engine.startNew({ name: 'Cased' });
    await fixture.engine.raiseEvent(other, 'GOAHEAD', 1);
    await until(async () => (await fixture.engine.status(other))?.runtimeStatus === 'Running');
    await fixture.restart();
    await fixture.engine.raiseEvent(other, 'goahead2', 2);
    expect((await fixture.finished(other)).output).toEqual([1, 2]);
  });

  it('carries unconsumed events over to the next generation, in order, each seen once', async () => {
    const items = Array.from({ length: 25 }, (_, index) => `item-${index}`);
    const { instanceId: id } = await fixture.engine.startNew({
      name: 'Counts',
      input: { seen: [], until: items.length },
    });
    await Promise.all(items.map((item) => fixture.engine.raiseEvent(id, 'item', item)));
    const status = await fixture.finished(id);
    expect(status.output).toEqual(items);
    expect(status.customStatus).toEqual({ seen: items.length });
  });

  it('starts the history again when an orchestration continues as new', async () => {
    const { instanceId: id } = await fixture.engine.startNew({
      name: 'Counts',
      input: { seen: [], until: 3 },
    });
    for (const item of ['a', 'b', 'c']) await fixture.engine.raiseEvent(id, 'Item', item);
    await fixture.finished(id);
    const status = await fixture.engine.status(id, { showHistory: true, showInput: true });
    expect(status?.input).toEqual({ seen: ['a', 'b', 'c'], until: 3 });
    expect(status?.historyEvents?.map((event) => event['EventType'])).toEqual([
      'ExecutionStarted',
      'ExecutionCompleted',
    ]);
  });

  it('adds a layer of quotes to a text passed to continueAsNew, as Azure does', async () => {
    expect((await fixture.run('QuotesText', 'plain')).output).toBe('"plain"');
  });

  it('continues as new only when its open timer has fired', async () => {
    const begun = fixture.clock.now();
    const id = await startRunning('ContinuesWithTimer', 1);
    await until(async () => {
      const history = (await fixture.engine.status(id, { showHistory: true }))?.historyEvents ?? [];
      return history.some((event) => event['EventType'] === 'TaskCompleted');
    });
    fixture.clock.advance(MINUTE);
    expect((await fixture.finished(id)).output).toBeGreaterThanOrEqual(begun + MINUTE);
  });

  it('passes payloads of megabytes through input, activity and event', async () => {
    const text = 'é"\\\n'.repeat(1_000_000);
    const { instanceId: id } = await fixture.engine.startNew({ name: 'Large', input: text });
    await fixture.engine.raiseEvent(id, 'More', text);
    expect((await fixture.finished(id)).output).toEqual([text.length, text.length, true]);
  });

  it('keeps the order of a wide fan-out', async () => {
    const { output } = await fixture.run('Fan', 2_000);
    expect(output).toEqual(Array.from({ length: 2_000 }, (_, index) => index));
  });

  it('absorbs thousands of timers due at the same moment', async () => {
    const due = fixture.clock.now() + MINUTE;
    const started = await Promise.all(
      Array.from({ length: 2_000 }, () => fixture.engine.startNew({ name: 'Waits', input: due })),
    );
    await until(
      async () => (await fixture.engine.query({ runtimeStatus: ['Pending'], top: 1 })).instances.length === 0,
    );
    fixture.clock.advance(DAY);
    const ended = await Promise.all(started.map(({ instanceId }) => fixture.finished(instanceId)));
    expect(new Set(ended.map((status) => status.runtimeStatus))).toEqual(new Set(['Completed']));
  });
});

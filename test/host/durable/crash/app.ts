import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as df from 'durable-functions';
import type {
  ActivityHandler,
  EntityHandler,
  OrchestrationContext,
  OrchestrationHandler,
} from 'durable-functions';
import type { TestApp } from '../library-app';

const account = (key: string): df.EntityId => new df.EntityId('Account', key);
const SHORT_MS = 15;

function after(context: OrchestrationContext, ms: number): Date {
  return new Date(context.df.currentUtcDateTime.getTime() + ms);
}

const orchestrators: Record<string, OrchestrationHandler> = {
  *Sequence(context) {
    let value = context.df.getInput() as number;
    for (let i = 0; i < 3; i++) value = yield context.df.callActivity('Increment', value);
    return value;
  },
  *FanOut(context) {
    const calls: df.Task[] = [];
    for (let i = 0; i < 12; i++) calls.push(context.df.callActivity('Increment', i));
    const values: number[] = yield context.df.Task.all(calls);
    const deadline = context.df.createTimer(after(context, 60_000));
    const fast = context.df.callActivity('Increment', 100);
    const winner: df.Task = yield context.df.Task.any([fast, deadline]);
    if (winner === fast) deadline.cancel();
    return [...values, winner === fast ? 'in time' : 'too late'];
  },
  *Timers(context) {
    let fired = 0;
    for (let i = 0; i < 3; i++) {
      const due = after(context, SHORT_MS);
      yield context.df.createTimer(due);
      if (context.df.currentUtcDateTime >= due) fired += 1;
    }
    const left = context.df.createTimer(after(context, SHORT_MS));
    yield context.df.Task.any([left, context.df.callActivity('Increment', 1)]);
    return fired;
  },
  /** Two events a generation, and an activity in between, so that others arrive while it is busy. */
  *Collector(context) {
    const { seen, wanted } = context.df.getInput() as { seen: string[]; wanted: number };
    if (seen.length >= wanted) return seen;
    const first: string = yield context.df.waitForExternalEvent('Item');
    yield context.df.callActivity('Increment', seen.length);
    const second: string = yield context.df.waitForExternalEvent('Item');
    context.df.setCustomStatus({ seen: seen.length + 2 });
    context.df.continueAsNew({ seen: [...seen, first, second], wanted });
    return undefined;
  },
  *Gather(context) {
    const events: unknown[] = [];
    for (let i = 0; i < 3; i++) events.push(yield context.df.waitForExternalEvent('Item'));
    return events;
  },
  *Parent(context) {
    const children = [1, 2, 3].map((input) => context.df.callSubOrchestrator('Sequence', input));
    const values: number[] = yield context.df.Task.all(children);
    let reason = '';
    try {
      yield context.df.callSubOrchestrator('Failing', null, 'failing-child');
    } catch (error) {
      reason = (error as Error).message.split('\n')[0] ?? '';
    }
    return [...values, reason.trim()];
  },
  *Failing() {
    throw new Error('as told');
  },
  *Retries(context) {
    const policy = new df.RetryOptions(5, 20);
    const flaky = (id: string): df.Task => context.df.callActivityWithRetry('Flaky', policy, id);
    const plain = context.df.callActivity('Increment', 1);
    const results: unknown[] = yield context.df.Task.all([flaky('r1'), plain, flaky('r2')]);
    return [...results, yield context.df.callActivity('Increment', 5)];
  },
  *Entities(context) {
    for (let i = 0; i < 4; i++) {
      context.df.signalEntity(account('plain'), 'add', 1);
      yield context.df.callEntity(account('plain'), 'add', 10);
    }
    return yield context.df.callEntity(account('plain'), 'get');
  },
  *Transfer(context) {
    const locking = context.df as unknown as { lock(...entities: df.EntityId[]): df.Task };
    const lock: { release: () => void } = yield locking.lock(account('from'), account('to'));
    const current: number = yield context.df.callEntity(account('from'), 'get');
    yield context.df.callActivity('Increment', current);
    yield context.df.callEntity(account('from'), 'set', current - 10);
    const target: number = yield context.df.callEntity(account('to'), 'get');
    yield context.df.callEntity(account('to'), 'set', target + 10);
    lock.release();
    return 'moved';
  },
};

const entities: Record<string, EntityHandler<unknown>> = {
  Account: (context) => {
    const balance = (context.df.getState(() => 0) as number | undefined) ?? 0;
    const input = context.df.getInput<number>() ?? 0;
    if (context.df.operationName === 'add') context.df.setState(balance + input);
    else if (context.df.operationName === 'set') context.df.setState(input);
    else context.df.return(balance);
  },
  Log: (context) => {
    const log = (context.df.getState(() => []) as unknown[] | undefined) ?? [];
    context.df.setState([...log, context.df.getInput()]);
  },
};

/** The app under test. `folder` holds the attempts of its flaky activity, which must outlive the process. */
export function crashApp(folder: string): TestApp {
  const attempts = join(folder, 'attempts');
  const activities: Record<string, ActivityHandler> = {
    Increment: (value: number) => value + 1,
    Flaky: (id: string) => {
      const soFar = existsSync(attempts)
        ? readFileSync(attempts, 'utf8')
            .split('\n')
            .filter((line) => line === id).length
        : 0;
      appendFileSync(attempts, `${id}\n`);
      if (soFar < 2) throw new Error(`not yet, ${id}`);
      return `${id} done`;
    },
  };
  return { orchestrators, entities, activities };
}

export const INSTANCES: { id: string; name: string; input?: unknown }[] = [
  { id: 'sequence', name: 'Sequence', input: 1 },
  { id: 'fan-out', name: 'FanOut' },
  { id: 'timers', name: 'Timers' },
  { id: 'collector', name: 'Collector', input: { seen: [], wanted: 8 } },
  { id: 'paused', name: 'Gather' },
  { id: 'doomed', name: 'Gather' },
  { id: 'parent', name: 'Parent' },
  { id: 'retries', name: 'Retries' },
  { id: 'entities', name: 'Entities' },
  { id: 'transfer-1', name: 'Transfer' },
  { id: 'transfer-2', name: 'Transfer' },
];

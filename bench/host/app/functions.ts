import * as df from 'durable-functions';
import { passGate } from '../gate';

/** The same work as bench/host/dbos/workflows.ts, as the app of a user would write it. */
df.app.activity('addOne', { handler: (value: number) => value + 1 });
df.app.activity('gate', { handler: () => passGate() });

df.app.orchestration('sequence', function* (context) {
  let value: number = context.df.getInput<number>();
  for (let step = 0; step < 3; step += 1) value = (yield context.df.callActivity('addOne', value)) as number;
  return value;
});

df.app.orchestration('fanOut', function* (context) {
  return yield* fanOut(context);
});

df.app.orchestration('child', function* (context) {
  return context.df.getInput<number>() + 1;
});

df.app.orchestration('parent', function* (context) {
  const count = context.df.getInput<number>();
  const tasks = Array.from({ length: count }, (_, index) => context.df.callSubOrchestrator('child', index));
  return sum((yield context.df.Task.all(tasks)) as number[]);
});

/** Its input is the moment to wake, in milliseconds since the epoch. */
df.app.orchestration('sleeper', function* (context) {
  yield context.df.createTimer(new Date(context.df.getInput<number>()));
  return 1;
});

df.app.orchestration('manyTimers', function* (context) {
  const { count, at } = context.df.getInput<{ count: number; at: number }>();
  const tasks = Array.from({ length: count }, () => context.df.createTimer(new Date(at)));
  yield context.df.Task.all(tasks);
  return count;
});

df.app.orchestration('replayed', function* (context) {
  const total = yield* fanOut(context);
  return total + ((yield context.df.callActivity('gate')) as number);
});

function* fanOut(context: df.OrchestrationContext): Generator<df.Task, number, unknown> {
  const count = context.df.getInput<number>();
  const tasks = Array.from({ length: count }, (_, index) => context.df.callActivity('addOne', index));
  return sum((yield context.df.Task.all(tasks)) as number[]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

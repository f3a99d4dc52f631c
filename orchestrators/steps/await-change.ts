import type { OrchestrationContext, Task } from 'durable-functions';

/** Waits for an external event or for a time, whichever comes first. */
export function* awaitChange(
  context: OrchestrationContext,
  until: { eventName: string; lookAt: string },
): Generator<Task, void, unknown> {
  const deadline = context.df.createTimer(new Date(until.lookAt));
  const change = context.df.waitForExternalEvent(until.eventName);
  const winner = yield context.df.Task.any([change, deadline]);
  // An orchestration with a timer left open does not end before the timer fires.
  if (winner === change) deadline.cancel();
}

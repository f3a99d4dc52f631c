import { randomUUID } from 'node:crypto';
import type { FunctionInvoker, HistoryEvent, HostClock } from './contract';
import { Fifo } from './fifo';
import { taskCompleted, taskFailed } from './history';
import { callHttp, notBefore } from './http-activity';
import { HTTP_ACTIVITY } from './retries';
import type { ActivityRow } from './store';

export interface QueuedActivity extends ActivityRow {
  instanceId: string;
}

export interface ActivitiesOptions {
  invoker: FunctionInvoker;
  clock: HostClock;
  maxConcurrent: number;
  done: (key: number, event: HistoryEvent) => void;
}

/** Runs activities in the order they were scheduled, a bounded number at once. A result is a message to the instance. */
export class Activities {
  private readonly queue = new Fifo<QueuedActivity>();
  private running = 0;
  private isStopped = false;
  private readonly waiting = new Set<() => void>();
  private readonly idle: (() => void)[] = [];

  constructor(private readonly options: ActivitiesOptions) {}

  add(activities: readonly QueuedActivity[]): void {
    for (const activity of activities) {
      const wait = activity.name === HTTP_ACTIVITY ? notBefore(activity.input) : undefined;
      if (wait === undefined || wait <= this.options.clock.now()) this.queue.push(activity);
      else this.addLater(activity, wait);
    }
    this.pump();
  }

  /** Forgets what a finished instance still had waiting. */
  drop(key: number): void {
    this.queue.keep((activity) => activity.key !== key);
  }

  /** A poll waits outside the queue, so that it holds nobody up. */
  private addLater(activity: QueuedActivity, time: number): void {
    const cancel = this.options.clock.at(time, () => {
      this.waiting.delete(cancel);
      this.queue.push(activity);
      this.pump();
    });
    this.waiting.add(cancel);
  }

  /** Stops beginning activities; resolves when those under way have ended. */
  stop(): Promise<void> {
    this.isStopped = true;
    for (const cancel of this.waiting) cancel();
    return this.running === 0 ? Promise.resolve() : new Promise((resolve) => this.idle.push(resolve));
  }

  private pump(): void {
    while (this.running < this.options.maxConcurrent && !this.isStopped) {
      const activity = this.queue.shift();
      if (!activity) return;
      this.running += 1;
      void this.run(activity);
    }
  }

  private async run(activity: QueuedActivity): Promise<void> {
    const { clock } = this.options;
    try {
      const result = await this.invoke(activity);
      this.options.done(activity.key, taskCompleted(clock.now(), activity.task, result));
    } catch (error) {
      // The host is stopping: the row stays, and the next start runs the activity again.
      if (error instanceof Error && error.name === 'AbortError') return;
      this.options.done(
        activity.key,
        taskFailed(clock.now(), activity.task, failureOf(activity.name, error)),
      );
    } finally {
      this.running -= 1;
      if (this.running === 0) for (const resolve of this.idle.splice(0)) resolve();
      this.pump();
    }
  }

  private async invoke(activity: QueuedActivity): Promise<string | undefined> {
    const { invoker } = this.options;
    const { name, instanceId } = activity;
    const input = activity.input ?? undefined;
    if (name === HTTP_ACTIVITY) return callHttp(input ?? '{}');
    if (!invoker.has('activity', name)) throw new Error(`Activity function '${name}' does not exist.`);
    return invoker.activity(name, { input, instanceId, invocationId: randomUUID() });
  }
}

/** The extension's wording; durable-functions joins the two into the message of the error it throws in the orchestrator. */
function failureOf(name: string, error: unknown): { reason: string; details: string } {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return { reason: `Activity function '${name}' failed: ${message}`, details: stack };
}

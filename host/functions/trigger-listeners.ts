import type { HostClock } from '../durable/contract';
import type { FunctionDefinition } from './function-definitions';
import type { FunctionRunner } from './function-runner';
import type { HostConfig } from './host-config';
import type { Log } from './logging';
import { QueueListener } from './queue/listener';
import type { Queues } from './queue/queues';
import { TimerListener } from './timer/listener';
import { ScheduleStatusStore } from './timer/status-store';

interface ListenerParts {
  definitions: FunctionDefinition[];
  config: HostConfig;
  runner: FunctionRunner;
  queues: Queues;
  clock: HostClock;
  stateDirectory: string;
  log: Log;
}

/** The timers and queues that start functions by themselves. */
export class TriggerListeners {
  readonly #timers = new Map<string, TimerListener>();
  readonly #queues: QueueListener[] = [];
  readonly #parts: ListenerParts;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
    const { config, log, queues, runner, clock } = parts;
    const statuses = new ScheduleStatusStore(parts.stateDirectory);
    for (const definition of parts.definitions) {
      const { trigger } = definition;
      if (trigger.kind === 'timer') {
        this.#timers.set(
          definition.name,
          new TimerListener({ definition, trigger, runner, clock, statuses, log }),
        );
      } else if (trigger.kind === 'queue') {
        this.#queues.push(
          new QueueListener({ definition, trigger, queues, options: config.queues, runner, log }),
        );
      }
    }
  }

  start(): void {
    this.#timers.forEach((timer) => timer.start());
    this.#queues.forEach((queue) => queue.start());
  }

  /** Starts nothing more; does not wait for what runs. */
  async stop(): Promise<void> {
    this.#timers.forEach((timer) => void timer.stop());
    await Promise.all(this.#queues.map((queue) => queue.stop()));
  }

  /** Messages whose functions have ended still have to be deleted or released. */
  async finished(): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.finished()));
  }

  /** Runs a function that waits for a timer or a queue at once; false when it cannot. */
  runNow(definition: FunctionDefinition, input: string | undefined): boolean {
    const timer = this.#timers.get(definition.name);
    if (timer) {
      timer.runNow();
      return true;
    }
    if (definition.trigger.kind !== 'queue') {
      return false;
    }
    const inputData = [{ name: definition.triggerBinding, data: { string: input ?? '' } }];
    const reason = 'This function was programmatically called via the host APIs.';
    this.#parts.runner.run(definition, { reason, inputData }).catch(() => undefined);
    return true;
  }
}

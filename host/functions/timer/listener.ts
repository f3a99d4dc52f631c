import type { HostClock } from '../../durable/contract';
import type { FunctionDefinition } from '../function-definitions';
import type { FunctionRunner } from '../function-runner';
import type { Log } from '../logging';
import { messageOf } from '../problems';
import type { TimerTrigger } from '../triggers';
import { retryPolicyOf } from './retry-policy';
import type { ScheduleStatus, ScheduleStatusStore } from './status-store';

/** Below this interval Azure keeps no schedule status: a missed occurrence is not worth catching up. */
const monitoredIntervalMs = 60_000;
const never = '0001-01-01T00:00:00';

interface TimerParts {
  definition: FunctionDefinition;
  trigger: TimerTrigger;
  runner: FunctionRunner;
  clock: HostClock;
  statuses: ScheduleStatusStore;
  log: Log;
}

/** Fires one timer-triggered function: of its schedule never twice at once, and once for whatever was missed while away. */
export class TimerListener {
  readonly #parts: TimerParts;
  readonly #monitored: boolean;
  /** Ends of the waits before a run is tried again. */
  readonly #pauses = new Set<() => void>();
  #cancel: () => void = () => undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: TimerParts) {
    this.#parts = parts;
    const { schedule, useMonitor } = parts.trigger;
    const first = schedule.next(parts.clock.now());
    this.#monitored = useMonitor !== false && schedule.next(first) - first >= monitoredIntervalMs;
  }

  start(): void {
    const { clock, definition, statuses, trigger } = this.#parts;
    const now = clock.now();
    const stored = this.#monitored ? statuses.get(definition.name) : undefined;
    const known = stored?.schedule === trigger.schedule.text ? stored : undefined;
    const due = known ? Date.parse(known.next) : Infinity;
    if (due <= now) {
      this.#parts.log({
        level: 'information',
        category: `Function.${definition.name}`,
        message: `Function '${definition.name}' is past due on startup. It was due at ${known?.next}.`,
      });
      void this.#fire({ occurrence: due, isPastDue: true });
    } else if (trigger.runOnStartup) {
      void this.#fire({ occurrence: now, isPastDue: false });
    } else {
      if (this.#monitored && !known) {
        this.#remember({ last: never, now, next: trigger.schedule.next(now) });
      }
      this.#waitFor(known ? due : trigger.schedule.next(now));
    }
  }

  /** Runs it now, as Azure does: beside its schedule, and beside a run that is under way. */
  runNow(): void {
    void this.#runWithRetries(this.#timerInfo({ occurrence: this.#parts.clock.now(), isPastDue: false }));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    this.#pauses.forEach((end) => end());
    await this.#running;
  }

  #waitFor(occurrence: number): void {
    if (!this.#stopped) {
      this.#cancel = this.#parts.clock.at(
        occurrence,
        () => void this.#fire({ occurrence, isPastDue: false }),
      );
    }
  }

  #fire(firing: { occurrence: number; isPastDue: boolean }): Promise<void> {
    this.#running ??= this.#run(firing).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run({ occurrence, isPastDue }: { occurrence: number; isPastDue: boolean }): Promise<void> {
    const { clock, trigger } = this.#parts;
    const next = trigger.schedule.next(Math.max(clock.now(), occurrence));
    await this.#runWithRetries(this.#timerInfo({ occurrence, isPastDue }));
    const now = clock.now();
    const following = next > now ? next : trigger.schedule.next(now);
    if (this.#monitored) {
      this.#remember({ last: new Date(occurrence).toISOString(), now, next: following });
    }
    this.#waitFor(following);
  }

  #timerInfo({ occurrence, isPastDue }: { occurrence: number; isPastDue: boolean }): string {
    const ScheduleStatus = this.#monitored ? this.#statusFor(occurrence) : undefined;
    return JSON.stringify({ Schedule: { AdjustForDST: true }, ScheduleStatus, IsPastDue: isPastDue });
  }

  /** Failures are in the log; a timer whose retries are used up waits for its next occurrence. */
  async #runWithRetries(json: string): Promise<void> {
    const { clock, definition, runner } = this.#parts;
    const policy = retryPolicyOf(definition.registered.metadata.retryOptions);
    const most = policy.maxRetryCount ?? Infinity;
    for (let retry = 0, failure: unknown; retry <= most; retry += 1) {
      if (retry > 0) {
        await this.#pause(policy.delayMs(retry));
      }
      if (this.#stopped) {
        return;
      }
      try {
        await runner.run(definition, {
          reason: `Timer fired at ${new Date(clock.now()).toISOString()}`,
          inputData: [{ name: definition.triggerBinding, data: { json } }],
          retryContext:
            retry > 0
              ? {
                  retryCount: retry,
                  maxRetryCount: policy.maxRetryCount ?? -1,
                  exception: { message: messageOf(failure) },
                }
              : undefined,
        });
        return;
      } catch (error) {
        failure = error;
      }
    }
  }

  /** By the host's clock; ends early when the timer is stopped. */
  async #pause(ms: number): Promise<void> {
    const { clock } = this.#parts;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        cancel();
        this.#pauses.delete(end);
        resolve();
      };
      const cancel = clock.at(clock.now() + ms, end);
      this.#pauses.add(end);
    });
  }

  #statusFor(occurrence: number): TimerScheduleStatus {
    const known = this.#parts.statuses.get(this.#parts.definition.name);
    return {
      Last: known?.last ?? never,
      Next: new Date(occurrence).toISOString(),
      LastUpdated: known?.lastUpdated ?? never,
    };
  }

  #remember({ last, now, next }: { last: string; now: number; next: number }): void {
    const status: ScheduleStatus = {
      last,
      lastUpdated: new Date(now).toISOString(),
      next: new Date(next).toISOString(),
      schedule: this.#parts.trigger.schedule.text,
    };
    this.#parts.statuses.set(this.#parts.definition.name, status);
  }
}

interface TimerScheduleStatus {
  Last: string;
  Next: string;
  LastUpdated: string;
}

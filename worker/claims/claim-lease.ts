import { sleep, type Delays, backoffMs } from '../backoff';
import { describeError, type Log } from '../log';
import { isMessageGone, type Delivery, type WorkQueue } from '../storage/work-queue';

/**
 * `held`: the message is ours. `unsure`: a renewal whose answer never came may have changed the pop receipt, so ours is
 * of no use any more, though perhaps nobody else has the message. `lost`: it was deleted, or handed to another worker.
 */
export type LeaseState = 'held' | 'unsure' | 'lost';

interface LeaseTimes {
  leaseMs: number;
  renewalMs: number;
  retry: Delays;
}

/** What a failed renewal says. A refusal after an unanswered try may be our own doing: that is `unsure`, not `lost`. */
export function afterFailedRenewal(gone: boolean, unansweredBefore: boolean): LeaseState {
  if (!gone) return 'held';
  return unansweredBefore ? 'unsure' : 'lost';
}

/**
 * Keeps one message invisible to others while its tasks run. Storage being away changes nothing: the pop receipt stays
 * good past the visibility time-out until somebody else receives the message, so it goes on asking.
 * INVARIANT: after `stop` no renewal is under way, so the delivery's pop receipt is settled.
 */
export class ClaimLease {
  readonly #end = new AbortController();
  readonly #notHeld = new AbortController();
  #rewritten = new AbortController();
  #body: string | undefined;
  #state: LeaseState = 'held';
  #renewedAt = performance.now();
  #loop: Promise<void> = Promise.resolve();

  constructor(
    readonly queue: WorkQueue,
    readonly delivery: Delivery,
    readonly options: { times: LeaseTimes; log: Log },
  ) {}

  /** Nobody else can have been given the message: its visibility time-out has not passed since it was last renewed. */
  get isFresh(): boolean {
    return this.#state === 'held' && performance.now() - this.#renewedAt < this.options.times.leaseMs;
  }

  get state(): LeaseState {
    return this.#state;
  }

  /** Aborted once the state is `unsure` or `lost`. */
  get notHeld(): AbortSignal {
    return this.#notHeld.signal;
  }

  start(): void {
    this.#loop = this.#renewUntilEnd();
  }

  /** The message says this from its next renewal on, which comes at once. */
  rewrite(body: string): void {
    this.#body = body;
    this.#rewritten.abort();
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#loop;
  }

  /** Hands the message back, as `body` if given, to be seen after `delayMs`. Best effort: otherwise it reappears when its lease lapses. */
  async release(body?: string, delayMs = 0): Promise<void> {
    await this.stop();
    if (this.#state !== 'held') return;
    try {
      await this.queue.giveBack(this.delivery, body, delayMs);
    } catch (error) {
      this.options.log('warning', 'message-not-released', describeError(error));
    }
  }

  async #renewUntilEnd(): Promise<void> {
    const { times, log } = this.options;
    const retry = { baseMs: times.retry.baseMs, maxMs: Math.min(times.retry.maxMs, times.renewalMs) };
    let unanswered = 0;
    await this.#pause(times.renewalMs);
    while (!this.#end.signal.aborted && this.#state === 'held') {
      let pauseMs = times.renewalMs;
      const askedAt = performance.now();
      try {
        await this.queue.extend(this.delivery, times.leaseMs, this.#body);
        unanswered = 0;
        this.#renewedAt = askedAt;
      } catch (error) {
        this.#state = afterFailedRenewal(isMessageGone(error), unanswered > 0);
        log('warning', 'task-lease-not-renewed', { state: this.#state, ...describeError(error) });
        pauseMs = backoffMs(unanswered++, retry);
      }
      if (this.#state === 'held') await this.#pause(pauseMs);
    }
    if (this.#state !== 'held') this.#notHeld.abort();
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, this.#end.signal, this.#rewritten.signal);
    if (this.#rewritten.signal.aborted) this.#rewritten = new AbortController();
  }
}

import type { TaskMessage } from '../../shared/contracts/work-messages';
import { crashPoint } from '../crash-point';
import { describeError, type Log } from '../log';
import type { Delivery, WorkQueue } from '../storage/work-queue';
import type { ClaimLease } from './claim-lease';
import type { Specified } from '../task/specifications';
import { attemptsBegun, encodeMessage, fresh, remaining } from './message';
import type { Share } from './share';

export interface ClaimParts {
  delivery: Delivery;
  message: TaskMessage;
  specified: Specified;
  queue: WorkQueue;
  lease: ClaimLease;
  log: Log;
  /** Whether tasks that are handed back were interrupted: their agent has to go. */
  isInterrupted: () => boolean;
}

/**
 * One message that this VM has claimed, with its tasks.
 * INVARIANT: the message is deleted only when each of its tasks has a committed result that the control plane was told of, or has gone
 * back in another message.
 */
export class Claim {
  readonly #parts: ClaimParts;
  #pending: number[] = [];
  readonly #running = new Set<number>();
  readonly #unfinished: number[] = [];
  readonly #told: Promise<void>[] = [];
  #putOffMs: number | undefined;
  #giving = 0;
  #isClosed = false;
  #resolveClosed: () => void = () => undefined;
  readonly closed = new Promise<void>((resolve) => (this.#resolveClosed = resolve));

  constructor(parts: ClaimParts) {
    this.#parts = parts;
  }

  get message(): TaskMessage {
    return this.#parts.message;
  }

  get delivery(): Delivery {
    return this.#parts.delivery;
  }

  get lease(): ClaimLease {
    return this.#parts.lease;
  }

  /** Attempts of its tasks that were begun, this one too. */
  get begun(): number {
    return attemptsBegun(this.message, this.delivery.dequeueCount);
  }

  /** Tasks not begun. */
  get pending(): number {
    return this.#pending.length;
  }

  get specified(): Specified {
    return this.#parts.specified;
  }

  /** These are to be run; `told` are of those that had ended before. */
  async open(tasks: number[], told: Promise<void>[]): Promise<void> {
    this.#pending = [...tasks];
    this.#told.push(...told);
    // A message that was handed out before may hold the task that ends its VMs: each is tried by itself from now on.
    if (this.begun > 1 && tasks.length > 1) await this.giveAway({ keep: 1, tasksPerMessage: 1 });
    await this.#closeIfDone();
  }

  take(): number | undefined {
    const task = this.#pending.shift();
    if (task !== undefined) this.#running.add(task);
    return task;
  }

  /** The task has a result. `keep` resolves when the control plane was told of it; it learns whether no other task of the claim is open. */
  finish(task: number, keep: (isLast: boolean) => Promise<void>): void {
    this.#running.delete(task);
    const told = keep(!this.#isBusy);
    // Its failure is met when the claim closes.
    told.catch(() => undefined);
    this.#told.push(told);
    void this.#closeIfDone();
  }

  /** The task has no result: it goes back when the claim ends. */
  leave(task: number): void {
    this.#running.delete(task);
    this.#unfinished.push(task);
    void this.#closeIfDone();
  }

  /** The task cannot be run just now, for no fault of its own: it is seen again after so long, and this delivery is none of its attempts. */
  putOff(task: number, delayMs: number): void {
    this.#putOffMs = delayMs;
    this.leave(task);
  }

  /** Puts pending tasks back as messages of their own, then takes them off this one. A crash in between leaves them in both. */
  async giveAway({ keep, tasksPerMessage }: Share): Promise<void> {
    const { queue, log, lease } = this.#parts;
    const given = this.#pending.splice(keep);
    if (given.length === 0) return;
    this.#giving++;
    try {
      await queue.send(fresh(this.message, given, tasksPerMessage).map(encodeMessage));
      log('info', 'tasks-given-away', { tasks: given.length, kept: this.#pending.length });
    } catch (error) {
      log('warning', 'tasks-not-given-away', describeError(error));
      this.#pending.push(...given);
      return;
    } finally {
      this.#giving--;
    }
    const left = [...this.#running, ...this.#pending, ...this.#unfinished];
    if (left.length > 0) lease.rewrite(encodeMessage(remaining(this.message, left, false)));
    await this.#closeIfDone();
  }

  /** Its job was cancelled: nothing of it is to be run. */
  async discard(): Promise<void> {
    await this.#closeIfDone();
  }

  /** It could not be looked into: it goes back as it came. */
  async refuse(): Promise<void> {
    this.#unfinished.push(...this.message.tasks);
    await this.#closeIfDone();
  }

  /** Nothing of it is begun any more: the message is another's, or the agent has to go. */
  async drop(): Promise<void> {
    this.#unfinished.push(...this.#pending.splice(0));
    await this.#closeIfDone();
  }

  get #isBusy(): boolean {
    return this.#pending.length + this.#running.size + this.#giving > 0;
  }

  async #closeIfDone(): Promise<void> {
    if (this.#isClosed || this.#isBusy) return;
    this.#isClosed = true;
    try {
      await this.#close();
    } catch (error) {
      this.#parts.log('error', 'message-not-settled', describeError(error));
    } finally {
      this.#resolveClosed();
    }
  }

  async #close(): Promise<void> {
    const { lease, queue, delivery, isInterrupted } = this.#parts;
    await Promise.all(this.#told);
    if (this.#told.length > 0) crashPoint('completion-posted');
    if (this.#unfinished.length > 0) {
      const isPutOff = this.#putOffMs !== undefined;
      const left = remaining(this.message, this.#unfinished, isPutOff || isInterrupted());
      return lease.release(encodeMessage(left), this.#putOffMs);
    }
    await lease.stop();
    await queue.remove(delivery);
    crashPoint('message-deleted');
  }
}

import type { LeaseRequest } from '../shared/contracts/worker-protocol';
import type { Nudge } from './nudge';

type Running = LeaseRequest['running'][string];

/** What each worker of this VM is doing, as told with every lease renewal. */
export class RunningTasks {
  readonly #byWorker = new Map<string, Running>();
  #wasIdle = true;

  constructor(readonly nudge: Nudge) {}

  begin(worker: string, task: Running): void {
    this.#byWorker.set(worker, task);
  }

  /** A task lasts: a VM that was idle when it was last heard tells of it at once. */
  announce(): void {
    if (!this.#wasIdle) return;
    this.#wasIdle = false;
    this.nudge.give();
  }

  end(worker: string): void {
    this.#byWorker.delete(worker);
  }

  byWorker(): Record<string, Running> {
    this.#wasIdle = this.#byWorker.size === 0;
    return Object.fromEntries(this.#byWorker);
  }
}

import type { LeaseRequest } from '../shared/contracts/worker-protocol';

type Running = LeaseRequest['running'][string];

/** What each worker of this VM is doing, as told with every lease renewal. */
export class RunningTasks {
  readonly #byWorker = new Map<string, Running>();

  begin(worker: string, task: Running): void {
    this.#byWorker.set(worker, task);
  }

  end(worker: string): void {
    this.#byWorker.delete(worker);
  }

  byWorker(): Record<string, Running> {
    return Object.fromEntries(this.#byWorker);
  }
}

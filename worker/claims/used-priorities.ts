import type { JobPriority } from '../../shared/contracts/names';

const order: JobPriority[] = ['high', 'normal', 'low'];

/** Which queues are worth a look, as the control plane last told. */
export class UsedPriorities {
  #descending: readonly JobPriority[];

  constructor(used: readonly JobPriority[]) {
    this.#descending = order.filter((priority) => used.includes(priority));
  }

  get descending(): readonly JobPriority[] {
    return this.#descending;
  }

  replace(used: readonly JobPriority[]): void {
    this.#descending = order.filter((priority) => used.includes(priority));
  }
}

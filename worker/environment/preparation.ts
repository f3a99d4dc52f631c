import type { Preparation } from '../../shared/contracts/environments';
import type { Nudge } from '../nudge';

/** How the VM's environment stands; told with every lease renewal, and at once when it changes. */
export class PreparationState {
  #state: Preparation | null = null;

  constructor(readonly nudge: Nudge) {}

  get state(): Preparation | null {
    return this.#state;
  }

  set(state: Preparation | null): void {
    this.#state = state;
    this.nudge.give();
  }
}

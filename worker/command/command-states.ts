import type { CommandState } from '../../shared/contracts/worker-command';
import type { Nudge } from '../nudge';

/** How the commands of this VM's workers stand; told with every lease renewal, and at once when one changes. */
export class CommandStates {
  readonly #byWorker = new Map<string, CommandState>();

  constructor(readonly nudge: Nudge) {}

  set(worker: string, state: Omit<CommandState, 'since'>): void {
    const before = this.#byWorker.get(worker);
    const isSame = before?.state === state.state && before.runId === state.runId;
    const since = isSame ? before.since : new Date().toISOString();
    this.#byWorker.set(worker, { ...state, since });
    if (!isSame) this.nudge.give();
  }

  byWorker(): Record<string, CommandState> {
    return Object.fromEntries(this.#byWorker);
  }
}

import { maxTasksPerMessage } from '../../shared/contracts/work-messages';

/** How a VM has fared with the tasks that it has claimed. */
export interface Progress {
  /** Tasks claimed and not begun. */
  pending: number;
  /** Tasks ended within the last `withinMs`. */
  ended: number;
  withinMs: number;
}

/** `keep` of the pending tasks stay; the others go back in messages of `tasksPerMessage`. */
export interface Share {
  keep: number;
  tasksPerMessage: number;
}

/** A message that is handed back lets another VM work for about so long. */
const pieceMs = 500;

/** What a VM keeps of what it has claimed: as much as it ends within `holdMs`, going by the tasks that have ended lately. */
export function fairShare({ pending, ended, withinMs }: Progress, holdMs: number): Share {
  const within = (ms: number): number => (withinMs > 0 ? Math.floor((ended / withinMs) * ms) : 0);
  return {
    keep: Math.min(pending, within(holdMs)),
    tasksPerMessage: Math.min(maxTasksPerMessage, Math.max(1, within(pieceMs))),
  };
}

/** How many tasks ended lately, since the VM has had work. */
export class PaceOfWork {
  #ended: number[] = [];
  #busySince: number | undefined;

  constructor(readonly windowMs: number) {}

  begin(now: number = performance.now()): void {
    this.#busySince ??= now;
  }

  end(now: number = performance.now()): void {
    this.#ended.push(now);
    this.#ended = this.#ended.filter((at) => at > now - this.windowMs);
  }

  /** Nothing is claimed any more. */
  rest(): void {
    this.#busySince = undefined;
  }

  lately(now: number = performance.now()): Omit<Progress, 'pending'> {
    const withinMs = Math.min(this.windowMs, now - (this.#busySince ?? now));
    return { ended: this.endedWithin(withinMs, now), withinMs };
  }

  /** `withinMs`: no more than the window. */
  endedWithin(withinMs: number, now: number = performance.now()): number {
    return this.#ended.filter((at) => at > now - withinMs).length;
  }
}

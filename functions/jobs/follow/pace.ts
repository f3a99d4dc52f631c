export interface Pace {
  lookMs: number;
  idleLookMs: number;
}

/** Woken more often than that, a follower still looks no more often. */
export const leastPauseMs = 200;

/** Each look that finds nothing makes the pause longer by half, up to the bound; one that finds something makes it short again. */
export function nextPauseMs(beforeMs: number, hasFound: boolean, { lookMs, idleLookMs }: Pace): number {
  return hasFound ? lookMs : Math.min(Math.max(beforeMs, lookMs) * 1.5, Math.max(idleLookMs, lookMs));
}

/** Waits between two looks: for so long, until something has happened, or until the reader has gone. */
export class Rest {
  #hasHappened = false;
  #wake: () => void = () => undefined;

  constructor(readonly gone: AbortSignal) {
    gone.addEventListener('abort', () => this.#wake(), { once: true });
  }

  /** Something has happened: also where it has while nobody rested. */
  readonly happened = (): void => {
    this.#hasHappened = true;
    this.#wake();
  };

  /** Call before the look whose findings the rest is to be about. */
  begin(): void {
    this.#hasHappened = false;
  }

  async for(ms: number): Promise<void> {
    const until = Date.now() + ms;
    await this.#sleep(Math.min(ms, leastPauseMs), false);
    await this.#sleep(until - Date.now(), true);
  }

  async #sleep(ms: number, isWakeable: boolean): Promise<void> {
    if (ms <= 0 || this.gone.aborted || (isWakeable && this.#hasHappened)) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#wake = () => (isWakeable || this.gone.aborted) && end();
    });
  }
}

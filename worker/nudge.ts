/** Something changed that the control plane should hear of before the next renewal is due. */
export class Nudge {
  #next = new AbortController();

  /** Aborted at the next change. */
  get signal(): AbortSignal {
    return this.#next.signal;
  }

  give(): void {
    const given = this.#next;
    this.#next = new AbortController();
    given.abort();
  }
}

/**
 * Tells those who wait in this instance of the app that a job has changed. Another instance may have changed it: whoever waits looks by
 * himself too, after a while.
 */
export class JobChanges {
  readonly #waiting = new Map<string, Set<() => void>>();

  changed(jobId: string): void {
    for (const wake of this.#waiting.get(jobId) ?? []) wake();
  }

  /** Calls back at each change of the job until it is called off. */
  subscribe(jobId: string, wake: () => void): () => void {
    const waiting = this.#waiting.get(jobId) ?? new Set();
    this.#waiting.set(jobId, waiting);
    waiting.add(wake);
    return () => {
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(jobId) === waiting) this.#waiting.delete(jobId);
    };
  }

  /** Resolves at the job's next change, or after so long. */
  async next(jobId: string, withinMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(end, withinMs);
      const leave = this.subscribe(jobId, end);
      function end(): void {
        clearTimeout(timer);
        leave();
        resolve();
      }
    });
  }
}

/**
 * Tells those who wait in this instance of the app that a job has changed. Another instance may have changed it: whoever waits looks by
 * himself too, after a while.
 */
export class JobChanges {
  readonly #waiting = new Map<string, Set<() => void>>();

  changed(jobId: string): void {
    for (const wake of this.#waiting.get(jobId) ?? []) wake();
  }

  /** Resolves at the job's next change, or after so long. */
  async next(jobId: string, withinMs: number): Promise<void> {
    const waiting = this.#waiting.get(jobId) ?? new Set();
    this.#waiting.set(jobId, waiting);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(end, withinMs);
      waiting.add(end);
      function end(): void {
        clearTimeout(timer);
        waiting.delete(end);
        resolve();
      }
    });
    if (waiting.size === 0 && this.#waiting.get(jobId) === waiting) this.#waiting.delete(jobId);
  }
}

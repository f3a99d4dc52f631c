import type { Store } from './store';

interface Step {
  write: () => void;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Group commit: the steps that are ready when the event loop comes round share one transaction, each all or nothing.
 *
 * INVARIANTS. A step's promise resolves only after its commit is on disk; steps are written in the order they came.
 * When the shared transaction fails, each step is tried in one of its own, so that one bad step fails alone.
 */
export class Committer {
  private steps: Step[] = [];
  private isScheduled = false;
  private commits = 0;

  constructor(
    private readonly store: Store,
    private readonly onCommit?: (n: number) => void,
  ) {}

  /** `write` may run more than once (after a rollback), so it must only write. */
  commit(write: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.steps.push({ write, resolve, reject });
      if (this.isScheduled) return;
      this.isScheduled = true;
      setImmediate(() => this.flush());
    });
  }

  flush(): void {
    this.isScheduled = false;
    const steps = this.steps;
    this.steps = [];
    if (steps.length === 0) return;
    try {
      this.transaction(steps);
    } catch (error) {
      if (steps.length === 1) return steps[0]?.reject(error);
      for (const step of steps) this.alone(step);
      return;
    }
    for (const step of steps) step.resolve();
  }

  private alone(step: Step): void {
    try {
      this.transaction([step]);
      step.resolve();
    } catch (error) {
      step.reject(error);
    }
  }

  private transaction(steps: readonly Step[]): void {
    const { database } = this.store;
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const step of steps) step.write();
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
    this.commits += 1;
    this.onCommit?.(this.commits);
  }
}

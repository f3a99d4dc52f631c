import type { DurableClient } from 'durable-functions';
import type { ToldBatch } from '../../shared/contracts';
import type { JobRow } from '../../shared/domain';
import { eventNames, jobInstanceId } from '../../shared/durable';
import { raise } from '../orchestrations';
import { RecentMap } from './recent-map';

interface Watched {
  ended: Set<number>;
  wokenAt: number;
  timer: NodeJS.Timeout | undefined;
}

/** Jobs that this instance of the app remembers. */
const maxWatched = 200;

/**
 * Wakes jobs whose tasks have ended, but not for each: the first ends at once, those that follow together, and at once again when this
 * instance has seen the end of every task. Another instance may have seen some of them; the orchestrator looks by itself too.
 */
export class JobWakes {
  readonly #watched = new RecentMap<Watched>(maxWatched, ({ timer }) => clearTimeout(timer));
  readonly #lookedAt = new RecentMap<number>(maxWatched);

  async note(durable: DurableClient, { jobId, taskCount, wakeWithinMs, results }: ToldBatch): Promise<void> {
    const job = this.#watch(jobId);
    for (const { task } of results) job.ended.add(task);
    const hasEnded = job.ended.size >= taskCount;
    const dueInMs = hasEnded ? 0 : job.wokenAt + wakeWithinMs - Date.now();
    if (dueInMs <= 0) await this.#wake(durable, jobId);
    else job.timer ??= this.#wakeIn(dueInMs, durable, jobId);
    if (hasEnded) this.#forget(jobId);
  }

  /** Somebody looks at a job that has not ended, and is to see how it stands: its orchestrator looks too, but not for each reader. */
  async look(
    durable: DurableClient,
    { jobId, createdAt }: Pick<JobRow, 'jobId' | 'createdAt'>,
    everyMs: number,
  ): Promise<void> {
    // Its submission is a look, too: whoever waits for a short job need not have it looked at twice.
    const lookedAt = this.#lookedAt.get(jobId) ?? Date.parse(createdAt);
    if (Date.now() - lookedAt < everyMs) return;
    this.#lookedAt.set(jobId, Date.now());
    await raise(durable, jobInstanceId(jobId), eventNames.taskCompleted);
  }

  /** Best effort: an instance that goes first leaves it to the orchestrator's own look. */
  #wakeIn(ms: number, durable: DurableClient, jobId: string): NodeJS.Timeout {
    const wake = (): void => void this.#wake(durable, jobId).catch(() => undefined);
    return setTimeout(wake, ms).unref();
  }

  async #wake(durable: DurableClient, jobId: string): Promise<void> {
    const job = this.#watched.get(jobId);
    if (job) {
      clearTimeout(job.timer);
      job.timer = undefined;
      job.wokenAt = Date.now();
    }
    await raise(durable, jobInstanceId(jobId), eventNames.taskCompleted);
  }

  #watch(jobId: string): Watched {
    const known = this.#watched.get(jobId) ?? { ended: new Set(), wokenAt: -Infinity, timer: undefined };
    this.#watched.set(jobId, known);
    return known;
  }

  #forget(jobId: string): void {
    clearTimeout(this.#watched.get(jobId)?.timer);
    this.#watched.delete(jobId);
  }
}

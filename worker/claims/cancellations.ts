import { CancelMark } from '../../shared/contracts/work-messages';
import { sleep } from '../backoff';
import { describeError, type Log } from '../log';
import type { Nudge } from '../nudge';
import type { JobBlobs } from '../storage/job-blobs';

interface CancellationParts {
  blobs: JobBlobs;
  lookMs: number;
  /** The control plane waits to hear that nothing of a cancelled job runs any more. */
  nudge: Nudge;
  log: Log;
}

/** What one job's tasks on this VM go by. */
export interface JobWatch {
  /** Aborted once the job is cancelled. */
  readonly cancelled: AbortSignal;
  /** Of the cancellation: between SIGTERM and SIGKILL; undefined where it said nothing. */
  readonly graceMs: number | undefined;
  /** The task has ended. */
  leave(): void;
}

interface Watched {
  controller: AbortController;
  tasks: number;
  graceMs: number | undefined;
}

/** Looks every now and then whether the jobs that run here were cancelled: each look at a job is a paid transaction. */
export class Cancellations {
  readonly #parts: CancellationParts;
  readonly #watched = new Map<string, Watched>();

  constructor(parts: CancellationParts) {
    this.#parts = parts;
  }

  /** A task of the job begins. */
  watch(jobId: string): JobWatch {
    const known = this.#watched.get(jobId);
    const job = known ?? { controller: new AbortController(), tasks: 0, graceMs: undefined };
    if (!known) {
      this.#watched.set(jobId, job);
      void this.#look(jobId, job);
    }
    job.tasks++;
    return {
      cancelled: job.controller.signal,
      get graceMs() {
        return job.graceMs;
      },
      leave: () => this.#leave(jobId, job),
    };
  }

  /** Whether the job is cancelled by now. */
  async isCancelled(jobId: string): Promise<boolean> {
    return (await this.#parts.blobs.readCancelMark(jobId)) !== undefined;
  }

  #leave(jobId: string, job: Watched): void {
    job.tasks--;
    if (job.tasks > 0) return;
    this.#watched.delete(jobId);
    if (job.controller.signal.aborted) this.#parts.nudge.give();
  }

  async #look(jobId: string, job: Watched): Promise<void> {
    const { blobs, lookMs, log } = this.#parts;
    while (this.#watched.get(jobId) === job && !job.controller.signal.aborted) {
      await sleep(lookMs, job.controller.signal);
      if (this.#watched.get(jobId) !== job) return;
      try {
        const text = await blobs.readCancelMark(jobId);
        if (text === undefined) continue;
        const mark = CancelMark.safeParse(JSON.parse(text));
        job.graceMs = (mark.success ? mark.data.graceMs : null) ?? undefined;
        log('info', 'job-cancelled', { jobId });
        job.controller.abort();
      } catch (error) {
        log('warning', 'cancellation-not-looked-up', describeError(error));
      }
    }
  }
}

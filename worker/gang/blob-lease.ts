import { randomUUID } from 'node:crypto';
import { sleep } from '../backoff';
import { describeError, type Log } from '../log';
import type { LeasedBlobs } from './leased-blobs';

interface Options {
  blobs: LeasedBlobs;
  leaseMs: number;
  log: Log;
}

/** After a renewal that storage did not answer. */
const againMs = 1000;

/** A blob's lease, renewed until it is released. Storage being away loses nothing: a lapsed lease that nobody took is renewed too. */
export class BlobLease {
  readonly id: string;
  readonly #end = new AbortController();
  readonly #lost = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  private constructor(
    readonly blob: string,
    readonly options: Options,
  ) {
    this.id = randomUUID();
  }

  /** Undefined: another has it. The blob is there. */
  static async take(blob: string, options: Options): Promise<BlobLease | undefined> {
    const lease = new BlobLease(blob, options);
    if (!(await options.blobs.acquire(blob, lease.id, options.leaseMs))) return undefined;
    lease.#loop = lease.#renew();
    return lease;
  }

  /** Aborted once it is another's. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** False: it is another's by now, and nothing was written. */
  async write(value: unknown): Promise<boolean> {
    const isWritten = await this.options.blobs.write(this.blob, value, this.id);
    if (!isWritten) this.#lost.abort();
    return isWritten;
  }

  async release(): Promise<void> {
    this.#end.abort();
    await this.#loop;
    await this.options.blobs.release(this.blob, this.id);
  }

  async #renew(): Promise<void> {
    const { blobs, leaseMs, log } = this.options;
    for (let pauseMs = leaseMs / 3; !this.#end.signal.aborted;) {
      await sleep(pauseMs, this.#end.signal, this.#lost.signal);
      if (this.#end.signal.aborted || this.#lost.signal.aborted) return;
      try {
        if (!(await blobs.renew(this.blob, this.id))) this.#lost.abort();
        pauseMs = leaseMs / 3;
      } catch (error) {
        log('warning', 'blob-lease-not-renewed', describeError(error));
        pauseMs = againMs;
      }
    }
  }
}

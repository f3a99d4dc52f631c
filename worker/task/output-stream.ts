import { sleep } from '../backoff';
import { crashPoint } from '../crash-point';
import type { JobBlobs } from '../storage/job-blobs';

export interface OutputLimits {
  flushMs: number;
  flushBytes: number;
  /** `write` waits while more than this is held. */
  heldBytes: number;
  blockBytes: number;
  /** An append blob takes 50,000 blocks; 49,000 of 4 MiB also stay below its size limit of 195 GiB. */
  appendsPerSegment: number;
}

export const outputLimits = { heldBytes: 4 << 20, blockBytes: 4 << 20, appendsPerSegment: 49_000 };

export interface OutputTarget {
  /** The name of each append blob of the stream. */
  blobOf(segment: number): string;
  /** Called once, when the stream can take no more for good. */
  onFailure?: (() => void) | undefined;
}

/** Takes a stream's bytes in order. */
export interface OutputSink {
  /** Resolves when there is room for more. */
  write(chunk: Buffer): Promise<void>;
}

/** The output blob holds bytes this attempt did not write: nobody may commit it. */
export class OutputConflictError extends Error {}

/**
 * One stream of one attempt, as append blobs.
 * INVARIANTS: one append is under way at a time, and it is repeated unchanged until storage has it. It names the position
 * it belongs at, so a repeat of one whose answer was lost is refused (412); the blob's length then tells that it had landed.
 * Bytes held are at most `heldBytes` plus one write.
 */
export class OutputWriter implements OutputSink {
  readonly #held: Buffer[] = [];
  #heldBytes = 0;
  #ended = false;
  /** -1: nothing of the stream is in storage. */
  #segment = -1;
  #isAnnounced = false;
  #isAppending = false;
  #appends = 0;
  #position = 0;
  #written = 0;
  #failure: unknown;
  #wakePump: () => void = () => undefined;
  #wakeWriters: (() => void)[] = [];
  #pump: Promise<void> = Promise.resolve();

  constructor(
    readonly blobs: JobBlobs,
    readonly target: OutputTarget,
    readonly limits: OutputLimits,
  ) {}

  /** Bytes of this stream in storage. */
  get written(): number {
    return this.#written;
  }

  /** Its blob comes with its first bytes, or with `announce`. */
  start(): void {
    this.#pump = this.#run().catch((error: unknown) => {
      this.#failure = error;
      this.#releaseWriters();
      this.target.onFailure?.();
    });
  }

  async open(): Promise<void> {
    await this.#openSegment(0);
    this.start();
  }

  /** Makes the blob now: that it is there tells that its writer runs. */
  announce(): void {
    this.#isAnnounced = true;
    this.#wakePump();
  }

  /** Nothing of it has gone to storage, nor is going. */
  get isUntouched(): boolean {
    return this.#written === 0 && !this.#isAppending && this.#failure === undefined;
  }

  /** Bytes that wait for storage. */
  get unwritten(): number {
    return this.#heldBytes;
  }

  /** What waits for storage; it goes there no more. */
  takeUnwritten(): Buffer {
    const all = Buffer.concat(this.#held.splice(0));
    this.#heldBytes = 0;
    return all;
  }

  /** Goes on where an earlier writer of the same stream ended; there may be no other one now. */
  async openAgain(): Promise<void> {
    this.#segment = 0;
    if (!(await this.blobs.createAppendBlob(this.#blob)))
      this.#position = await this.blobs.lengthOf(this.#blob);
    this.start();
  }

  /** Resolves when there is room for more; a failed stream takes bytes and drops them, `finish` tells. */
  async write(chunk: Buffer): Promise<void> {
    if (this.#failure !== undefined) return;
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    this.#wakePump();
    while (this.#heldBytes > this.limits.heldBytes && this.#failure === undefined) {
      await new Promise<void>((resolve) => this.#wakeWriters.push(resolve));
    }
  }

  /** Resolves when every byte is in storage. */
  async finish(): Promise<void> {
    this.#ended = true;
    this.#wakePump();
    await this.#pump;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #run(): Promise<void> {
    for (;;) {
      if (this.#heldBytes === 0) {
        if (this.#ended) return;
        if (this.#isAnnounced && this.#segment < 0) await this.#openSegment(0);
        else await new Promise<void>((resolve) => (this.#wakePump = resolve));
        continue;
      }
      await this.#untilDue();
      if (this.#heldBytes === 0) continue;
      this.#isAppending = true;
      await this.#append(this.#take());
      this.#isAppending = false;
      this.#releaseWriters();
    }
  }

  /** Waits for `flushBytes`, the end, or `flushMs`, whichever is first. */
  async #untilDue(): Promise<void> {
    const due = new AbortController();
    const isDue = (): boolean => this.#ended || this.#heldBytes >= this.limits.flushBytes;
    this.#wakePump = () => isDue() && due.abort();
    if (!isDue()) await sleep(this.limits.flushMs, due.signal);
  }

  #take(): Buffer {
    const all = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held);
    const block = all.subarray(0, this.limits.blockBytes);
    this.#held.length = 0;
    if (block.length < all.length) this.#held.push(all.subarray(block.length));
    this.#heldBytes = all.length - block.length;
    return block;
  }

  async #append(block: Buffer): Promise<void> {
    const isFull = this.#appends >= this.limits.appendsPerSegment;
    if (this.#segment < 0 || isFull) await this.#openSegment(this.#segment + 1);
    while (!(await this.blobs.append(this.#blob, this.#position, block))) {
      const length = await this.blobs.lengthOf(this.#blob);
      if (length === this.#position + block.length) break;
      if (length !== this.#position) {
        throw new OutputConflictError(`${this.#blob} is ${length} bytes long, not ${this.#position}`);
      }
    }
    this.#position += block.length;
    this.#written += block.length;
    this.#appends++;
    crashPoint('output-appended');
  }

  /** An empty blob that is there already is ours: the answer to its creation was lost. */
  async #openSegment(segment: number): Promise<void> {
    this.#segment = segment;
    this.#position = 0;
    this.#appends = 0;
    if (await this.blobs.createAppendBlob(this.#blob)) return crashPoint('stream-created');
    const length = await this.blobs.lengthOf(this.#blob);
    if (length > 0) throw new OutputConflictError(`${this.#blob} is there with ${length} bytes`);
  }

  get #blob(): string {
    return this.target.blobOf(this.#segment);
  }

  #releaseWriters(): void {
    for (const wake of this.#wakeWriters.splice(0)) wake();
  }
}

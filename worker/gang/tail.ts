import type { OutputSink } from '../task/output-stream';

/** Keeps the end of what is written to it. */
export class Tail implements OutputSink {
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(readonly maxBytes: number) {}

  write(chunk: Buffer): Promise<void> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes - this.#chunks[0]!.length >= this.maxBytes)
      this.#bytes -= this.#chunks.shift()!.length;
    return Promise.resolve();
  }

  get text(): string {
    return Buffer.concat(this.#chunks).subarray(-this.maxBytes).toString('utf8');
  }
}

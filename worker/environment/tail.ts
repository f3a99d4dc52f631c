import type { OutputSink } from '../task/output-stream';

const keptBytes = 2000;

/** Passes every byte on, and remembers the last ones. Takes two streams at once: their lines mix, as on a terminal. */
export class Tail implements OutputSink {
  #kept = Buffer.alloc(0);

  constructor(readonly sink: OutputSink) {}

  get text(): string {
    return this.#kept.toString('utf8').trim();
  }

  write(chunk: Buffer): Promise<void> {
    this.#kept = Buffer.concat([this.#kept, chunk]).subarray(-keptBytes);
    return this.sink.write(chunk);
  }
}

const collectedBytes = 65_536;

/** Keeps what a command says, up to a limit. */
export class Collected implements OutputSink {
  #kept = Buffer.alloc(0);

  get text(): string {
    return this.#kept.toString('utf8');
  }

  async write(chunk: Buffer): Promise<void> {
    this.#kept = Buffer.concat([this.#kept, chunk]).subarray(0, collectedBytes);
  }
}

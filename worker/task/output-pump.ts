import type { Socket } from 'node:net';
import { sleep } from '../backoff';
import type { OutputSink } from './output-stream';

/** How long a pipe may stay silent, once its task has ended, before whoever still holds it is no longer heard. */
const silenceMs = 2000;

/** Moves one pipe's bytes to its sink; not reading while the sink is full is what holds the task back. */
export class OutputPump {
  readonly #ended = new AbortController();
  readonly done: Promise<void>;
  #isWriting = false;
  #lastByteAt = Date.now();

  constructor(
    readonly reader: Socket,
    readonly sink: OutputSink,
  ) {
    this.done = this.#run().finally(() => this.#ended.abort());
  }

  /** After the task's end: the rest of its output, but not for ever, if a process has escaped with the pipe. */
  async drain(): Promise<void> {
    this.#lastByteAt = Date.now();
    while (!this.#ended.signal.aborted) {
      if (!this.#isWriting && Date.now() - this.#lastByteAt > silenceMs) this.reader.destroy();
      await sleep(silenceMs / 10, this.#ended.signal);
    }
    await this.done;
  }

  async #run(): Promise<void> {
    try {
      for await (const chunk of this.reader) {
        this.#isWriting = true;
        await this.sink.write(chunk as Buffer);
        this.#isWriting = false;
        this.#lastByteAt = Date.now();
      }
    } catch {
      // destroyed by `drain`: what there was has been read
    }
  }
}

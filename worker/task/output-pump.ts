import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sleep } from '../backoff';
import type { OutputSink } from './output-stream';

/** Once its task has ended, a pipe that is silent at so many looks in a row is no longer heard: somebody else may hold it for ever. */
const silentLooks = 10;
const lookMs = 200;

/** Moves one pipe's bytes to its sink; not reading while the sink is full is what holds the task back. */
export class OutputPump {
  readonly #ended = new AbortController();
  readonly done: Promise<void>;
  #isWriting = false;
  #isGivenUp = false;
  #chunks = 0;

  constructor(
    readonly reader: Socket,
    readonly sink: OutputSink,
  ) {
    this.done = this.#run().finally(() => this.#ended.abort());
    // `drain` tells.
    this.done.catch(() => undefined);
  }

  /** After the task's end: the rest of its output, but not for ever, if a process has escaped with the pipe. */
  async drain(): Promise<void> {
    for (let silent = 0; silent < silentLooks && !this.#ended.signal.aborted;) {
      const before = this.#chunks;
      await sleep(lookMs, this.#ended.signal);
      // INVARIANT: the pipe is read between two looks. The clock does not tell: a VM that was frozen has not heard anything for long.
      await nextTurn();
      silent = this.#isWriting || this.#chunks > before ? 0 : silent + 1;
    }
    this.#isGivenUp = true;
    this.reader.destroy();
    await this.done;
  }

  async #run(): Promise<void> {
    try {
      for await (const chunk of this.reader) {
        this.#chunks++;
        this.#isWriting = true;
        await this.sink.write(chunk as Buffer);
        this.#isWriting = false;
      }
    } catch (error) {
      if (!this.#isGivenUp) throw error;
    }
  }
}

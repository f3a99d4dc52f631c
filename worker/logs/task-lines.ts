import type { OutputStream } from '../../shared/contracts/blob-names';
import type { OutputSink } from '../task/output-stream';
import { LineSplitter } from './line-splitter';
import type { LogSink } from './log-sink';
import type { LineSource } from './otlp';

/** A longer line is sent in parts. */
const maxLineBytes = 16 * 1024;

export type TaskStreams = Record<OutputStream, OutputSink>;

/** Sends each line that goes through to the sink too. The streams are as fast as they are without it. */
export class TaskLines implements TaskStreams {
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
  readonly #ends: (() => void)[] = [];

  constructor(
    readonly streams: TaskStreams,
    readonly sink: Pick<LogSink, 'add'>,
    readonly source: Omit<LineSource, 'stream'>,
  ) {
    this.stdout = this.#tapped('stdout');
    this.stderr = this.#tapped('stderr');
  }

  /** The last lines may have no end. */
  end(): void {
    for (const end of this.#ends) end();
  }

  #tapped(stream: OutputStream): OutputSink {
    const splitter = new LineSplitter(maxLineBytes);
    const source = { ...this.source, stream };
    const add = (lines: ReturnType<LineSplitter['push']>): void => {
      const atMs = Date.now();
      for (const line of lines) this.sink.add({ ...line, atMs, source });
    };
    this.#ends.push(() => add(splitter.flush()));
    return {
      write: (chunk) => {
        add(splitter.push(chunk));
        return this.streams[stream].write(chunk);
      },
    };
  }
}

import { connect } from 'node:net';
import { sleep } from '../backoff';
import type { OutputSink } from '../task/output-stream';

const pauseMs = 250;
const connectLimitMs = 2000;
/** Of a line that never ends so much is looked at. */
const longestLine = 65_536;

/** Resolves when something takes connections there, or at the end. */
export async function untilPortOpens(
  { host, port }: { host: string; port: number },
  end: AbortSignal,
): Promise<boolean> {
  while (!end.aborted) {
    if (await takesConnections(host, port)) return true;
    await sleep(pauseMs, end);
  }
  return false;
}

function takesConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connectLimitMs });
    const end = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

/** Passes every byte on, and looks for a line that matches; calls `onMatch` once. */
export class LineWatch implements OutputSink {
  #rest = '';
  #hasMatched = false;

  constructor(
    readonly sink: OutputSink,
    readonly pattern: RegExp,
    readonly onMatch: () => void,
  ) {}

  write(chunk: Buffer): Promise<void> {
    if (!this.#hasMatched) this.#look(chunk.toString('utf8'));
    return this.sink.write(chunk);
  }

  #look(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n/);
    this.#rest = (lines.pop() ?? '').slice(-longestLine);
    if (!lines.some((line) => this.pattern.test(line))) return;
    this.#hasMatched = true;
    this.onMatch();
  }
}

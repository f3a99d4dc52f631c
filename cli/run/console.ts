import type { OutputStream } from '../../shared/contracts';
import { StatusLine } from '../output/status-line';
import { write, type Terminal } from '../terminal';

const newline = 0x0a;

/**
 * The program's output and the status line on one terminal.
 *
 * INVARIANTS: the program's bytes go out as they are, each stream in its order; nothing is added to them where stderr is no
 * terminal; the status line shows only where the cursor is at the beginning of a line, and is gone before bytes come; while held, no bytes come.
 */
export class Console {
  private readonly status: StatusLine;
  private isAtLineStart = true;
  private held: Promise<void> = Promise.resolve();
  private isHeld = false;

  /** `isQuiet`: the program's bytes are not shown. */
  constructor(
    private readonly terminal: Terminal,
    private readonly options: { isQuiet: boolean },
  ) {
    this.status = new StatusLine(terminal);
  }

  get isQuiet(): boolean {
    return this.options.isQuiet;
  }

  get isLive(): boolean {
    return this.status.isLive;
  }

  showStatus(text: string): void {
    if (this.isAtLineStart && !this.isHeld) this.status.show(text);
  }

  async write(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    await this.held;
    this.status.clear();
    const target = this.terminal[stream];
    if (target.isTTY && bytes.length > 0) this.isAtLineStart = bytes.at(-1) === newline;
    await write(target, bytes);
  }

  /** A message to the person, on a line of its own. */
  say(text: string): void {
    this.status.clear();
    const start = this.isLive && !this.isAtLineStart ? '\n' : '';
    this.terminal.stderr.write(`${start}${text}\n`);
    this.isAtLineStart = true;
  }

  clear(): void {
    this.status.clear();
  }

  /** Holds the program's bytes back while a question stands there; returns what lets them go. */
  hold(): () => void {
    this.status.clear();
    this.isHeld = true;
    let release = (): void => undefined;
    this.held = new Promise((resolve) => (release = resolve));
    return () => {
      this.isHeld = false;
      release();
    };
  }
}

import { cut } from './table';
import type { Terminal } from '../terminal';

/** One line on stderr that changes in place, on a terminal alone. Whoever writes anything else there clears it first. */
export class StatusLine {
  private shown = '';
  constructor(private readonly terminal: Terminal) {}

  get isLive(): boolean {
    return this.terminal.stderr.isTTY === true;
  }

  show(text: string): void {
    if (!this.isLive || text === this.shown) return;
    const { stderr } = this.terminal;
    stderr.write(`\r${cut(text.replace(/\s+/g, ' '), (stderr.columns || 80) - 1)}\x1b[K`);
    this.shown = text;
  }

  clear(): void {
    if (this.shown === '') return;
    this.terminal.stderr.write('\r\x1b[K');
    this.shown = '';
  }
}

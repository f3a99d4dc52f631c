import { say, write, type Terminal } from '../terminal';
import { listing, table, type Columns } from './table';

export type Format = 'table' | 'json';

/** Data, on stdout: as a table for people, or the API's own views as one JSON document. */
export class Output {
  constructor(
    readonly format: Format,
    private readonly terminal: Terminal,
  ) {}

  async list<View>(views: readonly View[], columns: Columns<View>): Promise<void> {
    if (this.format === 'json') return this.json(views);
    if (views.length === 0) return say(this.terminal, 'There are none.');
    const { stdout } = this.terminal;
    const width = stdout.isTTY ? stdout.columns || undefined : undefined;
    return write(stdout, table(views, columns, width));
  }

  async one<View>(view: View, columns: Columns<View>): Promise<void> {
    if (this.format === 'json') return this.json(view);
    return write(this.terminal.stdout, listing(view, columns));
  }

  /** A view whose table is one word, to be taken up by a script. */
  word(view: unknown, word: string): Promise<void> {
    return this.text(view, `${word}\n`);
  }

  /** A view that a person reads as it is. */
  async text(view: unknown, whole: string): Promise<void> {
    if (this.format === 'json') return this.json(view);
    return write(this.terminal.stdout, whole);
  }

  /** A view of which a person is told in a sentence; `undefined` has no JSON and is none. */
  async done(view: unknown, sentence: string): Promise<void> {
    if (this.format === 'json' && view !== undefined) return this.json(view);
    say(this.terminal, sentence);
  }

  json(view: unknown): Promise<void> {
    return write(this.terminal.stdout, `${JSON.stringify(view, null, 2)}\n`);
  }
}

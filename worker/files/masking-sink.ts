import type { OutputSink } from '../task/output-stream';

/** Shorter values are words that any text may hold. */
const minSecretBytes = 4;
const mask = Buffer.from('***');

/** What of a bundle's variables is struck out: every string and number in them, wherever it is nested, that is not too short. */
export function secretsOf(variables: unknown): Buffer[] {
  const found = new Set<string>();
  const gather = (value: unknown): void => {
    if (typeof value === 'string') for (const line of value.split('\n')) found.add(line.trim());
    else if (typeof value === 'number') found.add(String(value));
    else if (value !== null && typeof value === 'object')
      for (const inner of Object.values(value)) gather(inner);
  };
  gather(variables);
  const secrets = [...found].map((text) => Buffer.from(text));
  // The longest first: one may be the beginning of another.
  return secrets.filter(({ length }) => length >= minSecretBytes).sort((a, b) => b.length - a.length);
}

/** Both streams with the secrets struck out, where there are any; to be ended when nothing more comes. */
export function maskedSinks(
  { stdout, stderr }: Record<'stdout' | 'stderr', OutputSink>,
  secrets: readonly Buffer[],
): { sinks: Record<'stdout' | 'stderr', OutputSink>; end: () => Promise<void> } {
  if (secrets.length === 0) return { sinks: { stdout, stderr }, end: async () => undefined };
  const sinks = { stdout: new MaskingSink(stdout, secrets), stderr: new MaskingSink(stderr, secrets) };
  const end = async (): Promise<void> => {
    await Promise.all([sinks.stdout.end(), sinks.stderr.end()]);
  };
  return { sinks, end };
}

/** Passes a stream on with secrets struck out, also those that come in pieces: what may be the beginning of one is held back. */
export class MaskingSink implements OutputSink {
  #held: Buffer = Buffer.alloc(0);

  constructor(
    readonly sink: OutputSink,
    readonly secrets: readonly Buffer[],
  ) {}

  async write(chunk: Buffer): Promise<void> {
    const { done, rest } = this.#masked(Buffer.concat([this.#held, chunk]), false);
    this.#held = rest;
    if (done.length > 0) await this.sink.write(done);
  }

  /** Nothing more comes. */
  async end(): Promise<void> {
    const { done } = this.#masked(this.#held, true);
    this.#held = Buffer.alloc(0);
    if (done.length > 0) await this.sink.write(done);
  }

  #masked(bytes: Buffer, isLast: boolean): { done: Buffer; rest: Buffer } {
    const parts: Buffer[] = [];
    let from = 0;
    for (let found = this.#next(bytes, from); found; found = this.#next(bytes, from)) {
      parts.push(bytes.subarray(from, found.at), mask);
      from = found.at + found.length;
    }
    const left = bytes.subarray(from);
    const keep = isLast ? 0 : this.#beginning(left);
    parts.push(left.subarray(0, left.length - keep));
    return { done: Buffer.concat(parts), rest: Buffer.from(left.subarray(left.length - keep)) };
  }

  /** The first secret from there on; of several at one place the longest. */
  #next(bytes: Buffer, from: number): { at: number; length: number } | undefined {
    let first: { at: number; length: number } | undefined;
    for (const secret of this.secrets) {
      const at = bytes.indexOf(secret, from);
      if (at >= 0 && (!first || at < first.at)) first = { at, length: secret.length };
    }
    return first;
  }

  /** Length of the longest end of these bytes that is the beginning of a secret. */
  #beginning(bytes: Buffer): number {
    let longest = 0;
    for (const secret of this.secrets) {
      for (let length = Math.min(secret.length - 1, bytes.length); length > longest; length--) {
        if (bytes.subarray(bytes.length - length).equals(secret.subarray(0, length))) longest = length;
      }
    }
    return longest;
  }
}

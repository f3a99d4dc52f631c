const newline = 0x0a;
const carriageReturn = 0x0d;

/** A line, or a part of one that is longer than `maxBytes`. */
export interface Line {
  text: string;
  /** The line goes on in the next part. */
  isCut: boolean;
}

/**
 * Cuts a stream of bytes into lines of UTF-8, whichever way the bytes come. What is not UTF-8 is replaced, as U+FFFD. Holds at most one
 * line of `maxBytes`.
 */
export class LineSplitter {
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(readonly maxBytes: number) {}

  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#hold(chunk.subarray(start, end), lines);
      lines.push(this.#take());
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start), lines);
    return lines;
  }

  /** A last line that has no end. */
  flush(): Line[] {
    return this.#heldBytes > 0 ? [this.#take()] : [];
  }

  #hold(bytes: Buffer, lines: Line[]): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes <= this.maxBytes) return;
    let rest = Buffer.concat(this.#held);
    while (rest.length > this.maxBytes) {
      const end = boundaryBefore(rest, this.maxBytes);
      lines.push({ text: rest.toString('utf8', 0, end), isCut: true });
      rest = rest.subarray(end);
    }
    // A copy: the chunk that it is a part of may be large.
    this.#held = [Buffer.from(rest)];
    this.#heldBytes = rest.length;
  }

  #take(): Line {
    const bytes = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held);
    [this.#held, this.#heldBytes] = [[], 0];
    const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
    return { text: bytes.toString('utf8', 0, end), isCut: false };
  }
}

/** Where to cut so that no character is: it has at most three bytes after its first. */
function boundaryBefore(bytes: Buffer, at: number): number {
  for (let end = at; end > Math.max(1, at - 4); end--) if ((bytes[end]! & 0xc0) !== 0x80) return end;
  return at;
}

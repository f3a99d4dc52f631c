import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** Reads a log that is being written, line by line. */
export class LogReader {
  private at = 0;
  private rest = '';

  constructor(private readonly file: string) {}

  /** The whole lines that came since the last call. */
  async lines(): Promise<string[]> {
    const length = statSync(this.file).size - this.at;
    const handle = await open(this.file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, this.at);
      this.at += bytesRead;
      const lines = (this.rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      this.rest = lines.pop() ?? '';
      return lines;
    } finally {
      await handle.close();
    }
  }
}

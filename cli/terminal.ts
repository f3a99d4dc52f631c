import type { ReadStream, WriteStream } from 'node:tty';

/** The process's surroundings: all that a command knows of them. */
export interface Terminal {
  stdin: NodeJS.ReadStream & Partial<Pick<ReadStream, 'setRawMode'>>;
  /** Data. */
  stdout: NodeJS.WriteStream & Partial<WriteStream>;
  /** What a person reads. */
  stderr: NodeJS.WriteStream & Partial<WriteStream>;
  environment: Record<string, string | undefined>;
}

export function say({ stderr }: Terminal, text: string): void {
  stderr.write(`${text}\n`);
}

/** Returns once the bytes are on their way. A reader that has gone (`| head`) takes no more, and is no error. */
export function write(stream: NodeJS.WritableStream, bytes: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => {
      if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') reject(error);
      else resolve();
    });
  });
}

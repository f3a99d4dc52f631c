import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { give } from './folder';
import type { Identity } from './identity';

/** The reading end of a task's stdout or stderr, and the descriptor its process gets. */
export interface OutputPipe {
  readonly reader: Socket;
  readonly writeDescriptor: number;
}

/**
 * A named pipe, unlinked once open. Node's own `stdio: 'pipe'` is a socket pair, on which `echo x > /dev/stderr` fails
 * (a socket cannot be opened through /proc); a pipe made by root cannot be opened so by the task's user, one given to it can.
 */
export async function openOutputPipe(
  folder: string,
  name: string,
  identity: Identity | undefined,
): Promise<OutputPipe> {
  const file = path.join(folder, name);
  await promisify(execFile)('mkfifo', ['-m', '0600', file], { env: { PATH: '/usr/bin:/bin' } });
  give(file, identity);
  const readDescriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeDescriptor = openSync(file, constants.O_WRONLY);
  unlinkSync(file);
  return { reader: new Socket({ fd: readDescriptor, readable: true, writable: false }), writeDescriptor };
}

/** Once the child has its copy: the reader sees the end when the last process of the task has closed it. */
export function closeWriteEnd(pipe: OutputPipe): void {
  closeSync(pipe.writeDescriptor);
}

import { execFile } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, unlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { give } from './folder';
import type { Identity } from './identity';

/** The reading end of a task's stdout or stderr, and the pipe's name, for as long as it has one. */
export interface OutputPipe {
  readonly file: string;
  readonly reader: Socket;
  /** Held open so long, so that the reader sees no end before the task has its own. */
  readonly writeDescriptor: number;
}

/** Node cannot make a named pipe, so a program does; one start of it makes so many. */
const madeAtOnce = 32;

/** In the work folder, beside the folders of the tasks. */
export const pipeFolder = 'pipes';

/** Names of pipes that are made and not used, by their work folder. */
const stocks = new Map<string, Promise<string[]>>();

/**
 * A named pipe, unlinked once its task has it. Node's own `stdio: 'pipe'` is a socket pair, on which `echo x > /dev/stderr` fails
 * (a socket cannot be opened through /proc); a pipe made by root cannot be opened so by the task's user, one given to it can.
 */
export async function openOutputPipe(
  workFolder: string,
  identity: Identity | undefined,
): Promise<OutputPipe> {
  const file = await nextPipe(workFolder);
  give(file, identity);
  const readDescriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeDescriptor = openSync(file, constants.O_WRONLY);
  const reader = new Socket({ fd: readDescriptor, readable: true, writable: false });
  return { file, reader, writeDescriptor };
}

async function nextPipe(workFolder: string): Promise<string> {
  for (;;) {
    const stock = stocks.get(workFolder) ?? makePipes(workFolder);
    stocks.set(workFolder, stock);
    try {
      const file = (await stock).pop();
      if (file !== undefined) return file;
    } catch (error) {
      if (stocks.get(workFolder) === stock) stocks.delete(workFolder);
      throw error;
    }
    if (stocks.get(workFolder) === stock) stocks.delete(workFolder);
  }
}

let made = 0;

/** In a folder that no task can enter. */
async function makePipes(workFolder: string): Promise<string[]> {
  const folder = path.join(workFolder, pipeFolder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = Array.from({ length: madeAtOnce }, () => path.join(folder, `${process.pid}-${made++}`));
  await promisify(execFile)('mkfifo', ['-m', '0600', ...files], { env: { PATH: '/usr/bin:/bin' } });
  return files;
}

/** Once the task has its end: the reader sees the end when the last process of the task has closed it. */
export function releasePipe({ file, writeDescriptor }: OutputPipe): void {
  closeSync(writeDescriptor);
  unlinkSync(file);
}

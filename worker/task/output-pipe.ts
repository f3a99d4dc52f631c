import { execFile } from 'node:child_process';
import { chmodSync, closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { give } from './folder';
import type { Identity } from './identity';

/** The reading end of a task's stdout or stderr, and the pipe's name. */
export interface OutputPipe {
  readonly file: string;
  readonly reader: Socket;
  /** Held open so long, so that the reader sees no end before the task has its own. */
  readonly writeDescriptor: number;
}

/** Node cannot make a named pipe, so a program does; one start of it makes so many. */
const madeAtOnce = 16;

/** In the work folder, beside the folders of the tasks. */
export const pipeFolder = 'pipes';

/** Names of pipes that nobody uses, by their work folder. A pipe is used again and again: to make one, and a new file for it, costs more than a short task. */
const stocks = new Map<string, Promise<string[]>>();

/**
 * A named pipe. Node's own `stdio: 'pipe'` is a socket pair, on which `echo x > /dev/stderr` fails (a socket cannot be opened through
 * /proc); a pipe made by root cannot be opened so by the task's user, one given to it can.
 */
export async function openOutputPipe(
  workFolder: string,
  identity: Identity | undefined,
): Promise<OutputPipe> {
  const file = await nextPipe(workFolder);
  // Its last user may have changed that.
  chmodSync(file, 0o600);
  give(file, identity);
  const readDescriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeDescriptor = openSync(file, constants.O_WRONLY);
  const reader = new Socket({ fd: readDescriptor, readable: true, writable: false });
  reader.once('close', () => void keepOrRemove(workFolder, { file, reader }));
  return { file, reader, writeDescriptor };
}

/** Where the reader has seen the end no process can write to the pipe any more, and it may serve the next task. */
async function keepOrRemove(
  workFolder: string,
  { file, reader }: Pick<OutputPipe, 'file' | 'reader'>,
): Promise<void> {
  const stock = reader.readableEnded ? await stocks.get(workFolder)?.catch(() => undefined) : undefined;
  if (stock) stock.push(file);
  else rmSync(file, { force: true });
}

/**
 * Whether nobody has the pipe open to read, who could take a byte of the next task's: its last user, through /proc. Nobody new can come
 * to it, as its folder is closed.
 */
function isFree(file: string): boolean {
  try {
    closeSync(openSync(file, constants.O_WRONLY | constants.O_NONBLOCK));
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENXIO';
  }
}

async function nextPipe(workFolder: string): Promise<string> {
  for (;;) {
    const stock = stocks.get(workFolder) ?? makePipes(workFolder);
    stocks.set(workFolder, stock);
    try {
      const files = await stock;
      for (let file = files.pop(); file !== undefined; file = files.pop()) {
        if (isFree(file)) return file;
        rmSync(file, { force: true });
      }
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
export function releasePipe({ writeDescriptor }: OutputPipe): void {
  closeSync(writeDescriptor);
}

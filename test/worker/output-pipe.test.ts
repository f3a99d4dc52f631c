import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openOutputPipe, pipeFolder, releasePipe, type OutputPipe } from '../../worker/task/output-pipe';

let workFolder: string;
beforeEach(() => void (workFolder = mkdtempSync(path.join(tmpdir(), 'muster-pipes-'))));
afterEach(() => rmSync(workFolder, { recursive: true }));

const open = () => openOutputPipe(workFolder, undefined);
const names = () => readdirSync(path.join(workFolder, pipeFolder));

/** What a task that writes this leaves to read, with its end. */
async function use(pipe: OutputPipe, text: string): Promise<string> {
  const closed = new Promise((resolve) => pipe.reader.once('close', resolve));
  const writer = openSync(pipe.file, constants.O_WRONLY);
  releasePipe(pipe);
  writeSync(writer, text);
  closeSync(writer);
  let read = '';
  for await (const chunk of pipe.reader) read += String(chunk);
  await closed;
  await new Promise((resolve) => setImmediate(resolve));
  return read;
}

it('serves one task after the other, each with its own bytes alone', async () => {
  const first = await open();
  const made = names().length;
  expect(await use(first, 'one')).toBe('one');
  for (const text of ['two', 'three', 'four']) {
    const pipe = await open();
    expect(pipe.file).toBe(first.file);
    expect(statSync(pipe.file).mode & 0o777).toBe(0o600);
    expect(await use(pipe, text)).toBe(text);
  }
  expect(names()).toHaveLength(made);
});

it('is removed, and used by nobody else, where a process of its task still has it to write', async () => {
  const pipe = await open();
  const escaped = openSync(pipe.file, constants.O_WRONLY);
  releasePipe(pipe);
  const closed = new Promise((resolve) => pipe.reader.once('close', resolve));
  // As the pump does when there has been nothing to read for long.
  pipe.reader.destroy();
  await closed;
  expect(names()).not.toContain(path.basename(pipe.file));
  closeSync(escaped);
});

it('is removed, and used by nobody else, where a process of its task still has it to read', async () => {
  const pipe = await open();
  const escaped = openSync(pipe.file, constants.O_RDONLY | constants.O_NONBLOCK);
  expect(await use(pipe, 'one')).toBe('one');
  const next = await open();
  expect(next.file).not.toBe(pipe.file);
  expect(names()).not.toContain(path.basename(pipe.file));
  expect(await use(next, 'two')).toBe('two');
  closeSync(escaped);
});

it('is made anew when all are in use', async () => {
  const pipes = await Promise.all(Array.from({ length: 40 }, open));
  expect(new Set(pipes.map(({ file }) => file)).size).toBe(40);
  const texts = await Promise.all(pipes.map((pipe, index) => use(pipe, String(index))));
  expect(texts).toEqual(pipes.map((_, index) => String(index)));
});

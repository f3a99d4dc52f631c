import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openOutputPipe, releasePipe } from '../../worker/task/output-pipe';
import { OutputPump } from '../../worker/task/output-pump';

let workFolder: string;
beforeEach(() => void (workFolder = mkdtempSync(path.join(tmpdir(), 'muster-pump-'))));
afterEach(() => rmSync(workFolder, { recursive: true }));

/** A task that has its pipe, what is read of that, and the end of the reading once the task has ended. */
async function begin() {
  const pipe = await openOutputPipe(workFolder, undefined);
  const task = openSync(pipe.file, constants.O_WRONLY);
  releasePipe(pipe);
  let read = '';
  const pump = new OutputPump(pipe.reader, { write: async (chunk) => void (read += chunk.toString()) });
  return { task, pump, read: () => read };
}

/** As a VM does that Azure freezes to move it, or one that has no processor time to give. */
function freeze(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('output that a task has left in its pipe', () => {
  it('is read, though the VM was frozen for long when the task ended', async () => {
    const { task, pump, read } = await begin();
    const drained = pump.drain();
    writeSync(task, 'last words');
    closeSync(task);
    freeze(2500);
    await drained;
    expect(read()).toBe('last words');
  });

  it('is read for as long as a process that has escaped writes, and no longer than 2 s after its last byte', async () => {
    const { task, pump, read } = await begin();
    const drained = pump.drain();
    for (const text of ['a', 'b', 'c']) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      writeSync(task, text);
    }
    const writtenAt = performance.now();
    await drained;
    expect(performance.now() - writtenAt).toBeGreaterThan(1500);
    expect(read()).toBe('abc');
    closeSync(task);
  });
});

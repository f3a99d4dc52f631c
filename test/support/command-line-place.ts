import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalStack, type LocalStack } from './local-stack';
import { endMusters, musterAt, type Muster } from './muster-process';

/** Where a person works with `muster`: a stack, the command line set up for it, and a folder for files. */
export interface CommandLinePlace {
  stack: LocalStack;
  muster: Muster;
  folder: string;
}

/** Gives the tests of a file such a place, and takes all of it down after the last. */
export function useCommandLine(give: (place: CommandLinePlace) => void): void {
  let place: CommandLinePlace | undefined;
  beforeAll(async () => {
    const stack = await startLocalStack();
    place = { stack, muster: musterAt(stack), folder: mkdtempSync(join(tmpdir(), 'muster-files-')) };
    give(place);
  }, 60_000);
  afterAll(async () => {
    endMusters();
    if (place) rmSync(place.folder, { recursive: true, force: true });
    await place?.stack.dispose();
  });
}

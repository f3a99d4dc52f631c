import { createReadStream } from 'node:fs';
import { Unpack } from 'tar';
import { entryPath, entryProblem } from '../../shared/contracts/archive-entries';
import { InputMissingError } from './download';

const maxEntries = 1_000_000;

/**
 * Unpacks a folder (tar, gzip or plain) below one that only the agent may write to meanwhile. Rejects with InputMissingError where it is no
 * archive, or holds what leads out of the folder; what was unpacked by then is of no use.
 */
export async function unpack(archive: string, folder: string): Promise<void> {
  let refused: string | undefined;
  let entries = 0;
  const unpacking = new Unpack({
    cwd: folder,
    strict: true,
    filter: (_path, entry) => {
      if (!('type' in entry)) return true;
      const { type, linkpath } = entry;
      const path = entryPath(entry.path);
      const problem = entryProblem({ path, type, linkpath });
      if (problem) refused ??= `its entry "${path.slice(0, 200)}" ${problem.replace(/\.$/, '')}`;
      if (++entries > maxEntries) refused ??= `it has more than ${maxEntries} entries`;
      return refused === undefined;
    },
  });
  try {
    await feed(archive, unpacking);
  } catch (error) {
    if (refused === undefined && isOfDisk(error)) throw error;
    refused ??= `it is no folder packed by tar: ${(error as Error).message}`;
  }
  if (refused !== undefined) throw new InputMissingError(refused);
}

function feed(archive: string, unpacking: Unpack): Promise<void> {
  return new Promise((resolve, reject) => {
    // It may have more to say after its first error.
    unpacking.on('error', reject);
    unpacking.on('close', resolve);
    const source = createReadStream(archive);
    source.on('error', reject);
    source.on('data', (chunk) => {
      if (unpacking.write(chunk as Buffer)) return;
      source.pause();
      unpacking.once('drain', () => source.resume());
    });
    source.on('end', () => unpacking.end());
  });
}

function isOfDisk(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE'].includes((error as { code?: string }).code ?? '');
}

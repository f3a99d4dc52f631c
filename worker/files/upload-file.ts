import type { FileHandle } from 'node:fs/promises';
import type { FileBlobs } from '../storage/file-blobs';
import type { FoundFile } from './found-files';
import type { Gate } from './gate';

const partBytes = 4 << 20;
/** Azure's limit is 50,000 blocks a blob. */
const maxParts = 49_000;
/** Parts of one file that are under way at the same time. */
const lanes = 4;

interface Uploading {
  blobs: FileBlobs;
  /** Bounds the parts of all files that are in memory. */
  gate: Gate;
  end: AbortSignal;
}

/** Brings a file to a blob, a few parts in memory at a time. A repeat writes the same. */
export async function uploadFile(
  { handle, bytes }: Pick<FoundFile, 'handle' | 'bytes'>,
  blob: string,
  { blobs, gate, end }: Uploading,
): Promise<void> {
  if (bytes <= partBytes)
    return gate.pass(async () => blobs.put(blob, await readPart(handle, 0, bytes), end));
  const size = Math.max(partBytes, Math.ceil(bytes / maxParts));
  const ids = Array.from({ length: Math.ceil(bytes / size) }, (_, index) => blockId(index));
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < ids.length) {
      const index = next++;
      await gate.pass(async () => {
        const body = await readPart(handle, index * size, Math.min(size, bytes - index * size));
        await blobs.stage(blob, { id: ids[index]!, body }, end);
      });
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  await blobs.commit(blob, ids, end);
}

/** All of a blob's block ids have the same length. */
function blockId(index: number): string {
  return Buffer.from(String(index).padStart(6, '0')).toString('base64');
}

/** A file that has become shorter meanwhile ends in zeros: a block must not be empty. */
async function readPart(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const body = Buffer.alloc(length);
  for (let read = 0; read < length;) {
    const { bytesRead } = await handle.read(body, read, length - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return body;
}

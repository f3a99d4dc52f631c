import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { sleep } from '../backoff';
import type { FileBlobs } from '../storage/file-blobs';
import { CutOffError } from '../storage/retry';

/** What was sent along with a job is not there, or is not what it should be: asking again would bring nothing else. */
export class InputMissingError extends Error {}

/** Bytes of a known hash in a blob. */
export interface WantedContent {
  blob: string;
  sha256: string;
  bytes: number;
}

const partBytes = 4 << 20;
/** Parts that are fetched ahead of the one that is written. */
const ahead = 3;
/** Longer contents may still be on their way within storage: only up to so much is copied within one call. */
const maxSyncCopyBytes = 256 * 2 ** 20;
const copyLookMs = 1000;

/** Brings a content to a new file, a few parts in memory at a time, and checks its hash. Leaves no file where it rejects. */
export async function download(
  wanted: WantedContent,
  file: string,
  { blobs, end }: { blobs: FileBlobs; end: AbortSignal },
): Promise<void> {
  if (wanted.bytes > maxSyncCopyBytes) await untilCopied(wanted.blob, { blobs, end });
  try {
    await fetchParts(wanted, file, { blobs, end });
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

async function untilCopied(
  blob: string,
  { blobs, end }: { blobs: FileBlobs; end: AbortSignal },
): Promise<void> {
  for (;;) {
    const status = await blobs.copyStatus(blob, end);
    if (status === 'success') return;
    if (status !== 'pending')
      throw new InputMissingError(status ? `it could not be copied (${status})` : 'it is not there');
    await sleep(copyLookMs, end);
    if (end.aborted) throw new CutOffError('read-file: given up');
  }
}

async function fetchParts(
  { blob, sha256, bytes }: WantedContent,
  file: string,
  { blobs, end }: { blobs: FileBlobs; end: AbortSignal },
): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    for await (const part of partsOf({ blob, bytes }, blobs, end)) {
      hash.update(part);
      await handle.writeFile(part);
    }
    const found = hash.digest('hex');
    if (found !== sha256) throw new InputMissingError(`it has the hash ${found}, not ${sha256}`);
  } finally {
    await handle.close();
  }
}

async function* partsOf(
  { blob, bytes }: { blob: string; bytes: number },
  blobs: FileBlobs,
  end: AbortSignal,
): AsyncGenerator<Buffer> {
  const coming: Promise<Buffer | undefined>[] = [];
  for (let offset = 0; offset < bytes || coming.length > 0;) {
    for (; offset < bytes && coming.length <= ahead; offset += partBytes) {
      const part = blobs.read(blob, { offset, length: Math.min(partBytes, bytes - offset) }, end);
      // Its failure is met when its turn comes.
      part.catch(() => undefined);
      coming.push(part);
    }
    const part = await coming.shift()!;
    if (!part) throw new InputMissingError('it is not there');
    yield part;
  }
}

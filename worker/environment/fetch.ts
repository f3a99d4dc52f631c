import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { EnvironmentToMake } from '../../shared/contracts/environments';
import { backoffMs, bootDelays, sleep } from '../backoff';
import { describeError, type Log } from '../log';

const attempts = 6;

/** Brings the archive to a file and checks that it is the one that was named. Throws with the reason. */
export async function fetchArchive(
  { url, sha256 }: Pick<EnvironmentToMake, 'url' | 'sha256'>,
  file: string,
  { log, end }: { log: Log; end: AbortSignal },
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await download(url, file);
      const found = await hashOf(file);
      if (found === sha256) return;
      throw new Error(`the archive has the hash ${found}, not ${sha256}`);
    } catch (error) {
      log('warning', 'environment-not-fetched', describeError(error));
      if (attempt + 1 >= attempts || end.aborted) throw error;
      await sleep(backoffMs(attempt, bootDelays), end);
    }
  }
}

async function download(url: string, file: string): Promise<void> {
  const response = await fetch(url, { redirect: 'error' });
  if (!response.ok || !response.body) throw new Error(`storage answered ${response.status}`);
  await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(file, { mode: 0o644 }));
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

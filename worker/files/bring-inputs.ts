import { constants } from 'node:fs';
import { chmod, copyFile, lchown, lstat, mkdir, opendir } from 'node:fs/promises';
import path from 'node:path';
import { inputBlob } from '../../shared/contracts/blob-names';
import type { SpecifiedInput } from '../../shared/contracts/files';
import type { Identity } from '../task/identity';
import type { ContentCache } from './content-cache';
import { InputMissingError } from './download';
import { unpack } from './unpack';

/**
 * Puts a job's inputs below a folder. INVARIANT: nobody but the agent may reach into the folder meanwhile: it writes as root, by paths.
 * Rejects with InputMissingError, which names the input, where one cannot be had.
 */
export async function bringInputs(
  folder: string,
  { jobId, inputs }: { jobId: string; inputs: SpecifiedInput[] },
  { cache, end }: { cache: ContentCache; end: AbortSignal },
): Promise<void> {
  for (const input of inputs) {
    const { sha256, bytes } = input;
    const wanted = { blob: inputBlob(jobId, sha256), sha256, bytes };
    try {
      await cache.use(wanted, end, (file) => place(file, input, folder));
    } catch (error) {
      if (!(error instanceof InputMissingError)) throw error;
      const what = `the input ${input.kind} "${input.path}" (${sha256.slice(0, 12)}...)`;
      throw new InputMissingError(`${what} cannot be had: ${error.message}`, { cause: error });
    }
  }
}

async function place(file: string, input: SpecifiedInput, folder: string): Promise<void> {
  const parts = input.path === '.' ? [] : input.path.split('/');
  if (input.kind === 'folder') return unpack(file, await makeFolders(folder, parts));
  const above = await makeFolders(folder, parts.slice(0, -1));
  const to = path.join(above, parts.at(-1)!);
  if (await lstat(to).catch(() => undefined)) throw new InputMissingError('an input before it has its path');
  await copyFile(file, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await chmod(to, input.executable ? 0o755 : 0o644);
}

/** Each part in turn: an input before it may have put a link there. */
async function makeFolders(folder: string, parts: string[]): Promise<string> {
  let place = folder;
  for (const part of parts) {
    place = path.join(place, part);
    const stats = await lstat(place).catch(() => undefined);
    if (!stats) await mkdir(place, 0o755);
    else if (!stats.isDirectory()) throw new InputMissingError(`"${part}" of its path is no folder`);
  }
  return place;
}

/** Gives everything in a folder to the task's user; the folder itself stays the agent's. */
export async function giveContents(folder: string, identity: Identity | undefined): Promise<void> {
  if (!identity) return;
  for await (const entry of await opendir(folder)) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) await giveContents(place, identity);
    await lchown(place, identity.uid, identity.gid);
  }
}

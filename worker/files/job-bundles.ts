import { constants, mkdirSync, rmSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleFileBlob, bundleVariablesBlob } from '../../shared/contracts/blob-names';
import { type SpecifiedBundle } from '../../shared/contracts/bundles';
import { variablesFileName } from '../../shared/contracts/task-folders';
import type { FileBlobs } from '../storage/file-blobs';
import { CutOffError } from '../storage/retry';
import type { Identity } from '../task/identity';
import { download, InputMissingError } from './download';

/** A job's bundle on this VM, while tasks of the job run here. */
export interface BundleAtHand {
  /** Text of `variables.json`. */
  json: string;
  variables: Record<string, unknown>;
  /** Only the agent reaches it. */
  folder: string;
}

interface Held {
  users: number;
  ready: Promise<BundleAtHand>;
  timer: NodeJS.Timeout | undefined;
}

/** The next task of the job often follows at once. */
const lingerMs = 5000;
const maxVariablesBytes = 16 << 20;

/** Bundles of the jobs whose tasks run on this VM: each is fetched once, and goes from the disk soon after the last of the tasks. */
export class JobBundles {
  readonly #held = new Map<string, Held>();

  constructor(
    readonly folder: string,
    readonly blobs: FileBlobs,
  ) {}

  /** To be followed by `leave`, also where it rejects (InputMissingError: it cannot be had). */
  async enter(jobId: string, bundle: SpecifiedBundle, end: AbortSignal): Promise<BundleAtHand> {
    const held = this.#held.get(jobId) ?? {
      users: 0,
      ready: this.#fetch(jobId, bundle, end),
      timer: undefined,
    };
    this.#held.set(jobId, held);
    held.users++;
    clearTimeout(held.timer);
    for (;;) {
      const { ready } = held;
      try {
        return await ready;
      } catch (error) {
        // Whoever began to fetch it had to give up; this one need not.
        const isAnothers = error instanceof CutOffError && !end.aborted;
        if (!isAnothers) throw error;
        if (held.ready === ready) held.ready = this.#fetch(jobId, bundle, end);
      }
    }
  }

  leave(jobId: string): void {
    const held = this.#held.get(jobId);
    if (!held || --held.users > 0) return;
    held.timer = setTimeout(() => this.#drop(jobId), lingerMs).unref();
  }

  /** The agent ends. */
  close(): void {
    for (const jobId of this.#held.keys()) this.#drop(jobId);
  }

  #drop(jobId: string): void {
    clearTimeout(this.#held.get(jobId)?.timer);
    this.#held.delete(jobId);
    rmSync(this.#folderOf(jobId), { recursive: true, force: true });
  }

  #folderOf(jobId: string): string {
    return path.join(this.folder, jobId);
  }

  #fetch(jobId: string, { files }: SpecifiedBundle, end: AbortSignal): Promise<BundleAtHand> {
    const folder = this.#folderOf(jobId);
    const fetched = (async () => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const range = { offset: 0, length: maxVariablesBytes };
      const text = await this.blobs.read(bundleVariablesBlob(jobId), range, end);
      if (!text)
        throw new InputMissingError('its variables are not there: the job has ended, or was deleted');
      for (const { name, sha256, bytes } of files) {
        const wanted = { blob: bundleFileBlob(jobId, name), sha256, bytes };
        await download(wanted, path.join(folder, name), { blobs: this.blobs, end });
      }
      return { json: text.toString('utf8'), variables: parseVariables(text), folder };
    })();
    fetched.catch(() => undefined);
    return fetched;
  }
}

/** Its text is not for messages. */
function parseVariables(text: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(text.toString('utf8')) as Record<string, unknown>;
  } catch {
    throw new InputMissingError('its variables are no JSON');
  }
}

/** The task's own copy, in a folder that is the agent's: every file for the task's user alone, to be read. */
export async function placeBundle(
  to: string,
  { json, folder }: BundleAtHand,
  { files, identity }: { files: SpecifiedBundle['files']; identity: Identity | undefined },
): Promise<void> {
  await mkdir(to, 0o700);
  const own = async (name: string): Promise<void> => {
    const file = path.join(to, name);
    await chmod(file, 0o400);
    if (identity) await chown(file, identity.uid, identity.gid);
  };
  await writeFile(path.join(to, variablesFileName), json, { mode: 0o600, flag: 'wx' });
  await own(variablesFileName);
  for (const { name } of files) {
    const flags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;
    await copyFile(path.join(folder, name), path.join(to, name), flags);
    await own(name);
  }
  if (!identity) return;
  const handle = await open(to, 'r');
  await handle.chown(process.getuid!(), identity.gid);
  await handle.chmod(0o750);
  await handle.close();
}

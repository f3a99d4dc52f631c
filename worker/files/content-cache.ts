import { mkdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { FileBlobs } from '../storage/file-blobs';
import { CutOffError } from '../storage/retry';
import { download, type WantedContent } from './download';
import { Gate } from './gate';

interface Held {
  file: string;
  bytes: number;
  users: number;
  usedAt: number;
  ready: Promise<void>;
}

/** Of a VM, at the same time: each has a few parts in memory. */
const downloads = 2;

/**
 * Contents by their hash in files that only the agent reaches, for all tasks of the VM: what many need is fetched once. What is not in use
 * goes, the longest unused first, where there is more than `maxBytes`.
 */
export class ContentCache {
  readonly #held = new Map<string, Held>();
  readonly #gate = new Gate(downloads);
  #uses = 0;

  constructor(
    readonly folder: string,
    readonly options: { maxBytes: number; blobs: FileBlobs },
  ) {}

  /** The content's file, for as long as `act` takes. Rejects with InputMissingError where it cannot be had. */
  async use<Result>(
    wanted: WantedContent,
    end: AbortSignal,
    act: (file: string) => Promise<Result>,
  ): Promise<Result> {
    const held = this.#held.get(wanted.sha256) ?? this.#fetch(wanted, end);
    held.users++;
    try {
      await held.ready;
      return await act(held.file);
    } catch (error) {
      // Whoever began to fetch it had to give up; this one need not.
      const isAnothers = error instanceof CutOffError && !end.aborted;
      if (!isAnothers) throw error;
    } finally {
      held.users--;
      held.usedAt = this.#uses++;
      this.#makeRoom(0);
    }
    return this.use(wanted, end, act);
  }

  #fetch(wanted: WantedContent, end: AbortSignal): Held {
    const { sha256, bytes } = wanted;
    this.#makeRoom(bytes);
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const file = path.join(this.folder, sha256);
    const ready = this.#gate
      .pass(async () => {
        await rm(file, { force: true });
        await download(wanted, file, { blobs: this.options.blobs, end });
      })
      .catch((error: unknown) => {
        this.#held.delete(sha256);
        throw error;
      });
    ready.catch(() => undefined);
    const held = { file, bytes, users: 0, usedAt: this.#uses++, ready };
    this.#held.set(sha256, held);
    return held;
  }

  #makeRoom(bytes: number): void {
    const unused = [...this.#held].filter(([, { users }]) => users === 0);
    unused.sort(([, a], [, b]) => a.usedAt - b.usedAt);
    let sum = bytes + [...this.#held.values()].reduce((all, held) => all + held.bytes, 0);
    for (const [sha256, held] of unused) {
      if (sum <= this.options.maxBytes) return;
      this.#held.delete(sha256);
      rmSync(held.file, { force: true });
      sum -= held.bytes;
    }
  }
}

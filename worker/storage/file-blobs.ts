import type { StorageAccess } from './access';
import { CutOffError, persist, statusOf, type RetryContext } from './retry';

/** The blobs of files. All calls retry, until `end`: then they reject with CutOffError. */
export class FileBlobs {
  constructor(
    readonly access: StorageAccess,
    readonly retry: RetryContext,
  ) {}

  /** Bytes [offset, offset + length) of a blob, as far as there are; undefined where there is no blob, or it ends before. */
  async read(
    blob: string,
    { offset, length }: { offset: number; length: number },
    end: AbortSignal,
  ): Promise<Buffer | undefined> {
    try {
      return await this.#persist('read-file', end, async (abortSignal) => {
        const answer = await this.#blob(blob).download(offset, length, { abortSignal });
        const chunks: Buffer[] = [];
        for await (const chunk of answer.readableStreamBody!) chunks.push(Buffer.from(chunk));
        return Buffer.concat(chunks);
      });
    } catch (error) {
      // 416: it ends before.
      if (statusOf(error) === 404 || statusOf(error) === 416) return undefined;
      throw error;
    }
  }

  /** How the copying to it stands, where it is or was copied to from elsewhere; undefined where there is no blob. */
  async copyStatus(blob: string, end: AbortSignal): Promise<string | undefined> {
    try {
      const found = await this.#persist('read-file-properties', end, (abortSignal) =>
        this.#blob(blob).getProperties({ abortSignal }),
      );
      return found.copyStatus ?? 'success';
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async put(blob: string, body: Buffer, end: AbortSignal): Promise<void> {
    await this.#persist('put-file', end, (abortSignal) =>
      this.#blob(blob).upload(body, body.length, { ...asBytes, abortSignal }),
    );
  }

  async stage(blob: string, { id, body }: { id: string; body: Buffer }, end: AbortSignal): Promise<void> {
    await this.#persist('put-block', end, (abortSignal) =>
      this.#blob(blob).stageBlock(id, body, body.length, { abortSignal }),
    );
  }

  /** Makes the blob of what was staged. */
  async commit(blob: string, ids: string[], end: AbortSignal): Promise<void> {
    await this.#persist('commit-file', end, (abortSignal) =>
      this.#blob(blob).commitBlockList(ids, { ...asBytes, abortSignal }),
    );
  }

  #blob(name: string) {
    return this.access.clients.container.getBlockBlobClient(name);
  }

  async #persist<Result>(
    name: string,
    end: AbortSignal,
    act: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    if (end.aborted) throw new CutOffError(`${name}: given up`);
    return persist(name, act, { ...this.retry, cutOff: end });
  }
}

const asBytes = { blobHTTPHeaders: { blobContentType: 'application/octet-stream' } };

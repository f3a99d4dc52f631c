import { cancelBlob, resultBatchPrefixes, specificationBlob } from '../../shared/contracts/blob-names';
import { ResultBatch, type TaskResult } from '../../shared/contracts/work-messages';
import type { StorageAccess } from './access';
import { persist, statusOf, type RetryContext } from './retry';

export type TaskName = Pick<TaskResult, 'jobId' | 'task' | 'retry'>;

/** The blobs of jobs, by what the agent does with them. All calls retry; verdicts of storage become return values. */
export class JobBlobs {
  constructor(
    readonly access: StorageAccess,
    readonly retry: RetryContext,
  ) {}

  /** Undefined when there is none. */
  readSpecification(jobId: string): Promise<string | undefined> {
    return this.#readText('read-specification', specificationBlob(jobId));
  }

  /** Undefined: the job was not cancelled. */
  readCancelMark(jobId: string): Promise<string | undefined> {
    return this.#readText('read-cancel-mark', cancelBlob(jobId));
  }

  /** Names of the batches that may hold results of these tasks. */
  async listResultBatches(jobId: string, tasks: readonly number[]): Promise<string[]> {
    const listed = await Promise.all(
      resultBatchPrefixes(jobId, tasks).map((prefix) => this.#list('list-results', prefix)),
    );
    return listed.flat();
  }

  /** Undefined when there is none. */
  async readResultBatch(blob: string): Promise<ResultBatch | undefined> {
    const text = await this.#readText('read-results', blob);
    return text === undefined ? undefined : ResultBatch.parse(JSON.parse(text));
  }

  /** Its name is of one delivery alone, so a repeat writes the same. */
  async putResultBatch(blob: string, batch: ResultBatch): Promise<void> {
    const content = JSON.stringify(batch);
    await persist(
      'put-results',
      (abortSignal) =>
        this.access.clients.container.getBlockBlobClient(blob).upload(content, Buffer.byteLength(content), {
          blobHTTPHeaders: { blobContentType: 'application/json' },
          abortSignal,
        }),
      this.retry,
    );
  }

  /** False: it was there. */
  async createAppendBlob(blob: string): Promise<boolean> {
    return this.#createdOnlyIfAbsent('create-output', (abortSignal) =>
      this.access.clients.container.getAppendBlobClient(blob).create({
        conditions: { ifNoneMatch: '*' },
        blobHTTPHeaders: { blobContentType: 'application/octet-stream' },
        abortSignal,
      }),
    );
  }

  /** False: the blob is not `position` bytes long. */
  async append(blob: string, position: number, block: Buffer): Promise<boolean> {
    try {
      await persist(
        'append-output',
        (abortSignal) =>
          this.access.clients.container.getAppendBlobClient(blob).appendBlock(block, block.length, {
            conditions: { appendPosition: position },
            abortSignal,
          }),
        this.retry,
      );
      return true;
    } catch (error) {
      if (statusOf(error) === 412) return false;
      throw error;
    }
  }

  async lengthOf(blob: string): Promise<number> {
    const properties = await persist(
      'read-output-length',
      (abortSignal) => this.access.clients.container.getBlobClient(blob).getProperties({ abortSignal }),
      this.retry,
    );
    return properties.contentLength ?? 0;
  }

  async #createdOnlyIfAbsent(
    name: string,
    create: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<boolean> {
    try {
      await persist(name, create, this.retry);
      return true;
    } catch (error) {
      // BlobAlreadyExists is 409; a failed If-None-Match may also come back as 412.
      if (statusOf(error) === 409 || statusOf(error) === 412) return false;
      throw error;
    }
  }

  #list(name: string, prefix: string): Promise<string[]> {
    return persist(
      name,
      async (abortSignal) => {
        const listed: string[] = [];
        const { container } = this.access.clients;
        for await (const blob of container.listBlobsFlat({ prefix, abortSignal })) listed.push(blob.name);
        return listed;
      },
      this.retry,
    );
  }

  async #readText(name: string, blob: string): Promise<string | undefined> {
    try {
      return await persist(
        name,
        async (abortSignal) => {
          const answer = await this.access.clients.container
            .getBlobClient(blob)
            .download(0, undefined, { abortSignal });
          const chunks: Buffer[] = [];
          for await (const chunk of answer.readableStreamBody!) chunks.push(Buffer.from(chunk));
          return Buffer.concat(chunks).toString('utf8');
        },
        this.retry,
      );
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }
}

import type { z } from 'zod';
import type { StorageAccess } from '../storage/access';
import { persist, statusOf, withTimeout, type RetryContext } from '../storage/retry';

export interface Read<Value> {
  value: Value;
  isLeased: boolean;
}

export interface Listed {
  blob: string;
  isLeased: boolean;
  etag: string;
}

/**
 * Small JSON blobs that two VMs talk through. Whoever holds a blob's lease (Azure's) writes it, and is known to be there: a lease
 * that nobody renews lapses by the clock of storage. Looks are tried once, writes until storage has them.
 */
export class LeasedBlobs {
  constructor(
    readonly access: StorageAccess,
    readonly retry: RetryContext,
  ) {}

  /** Undefined where there is none, or what is there is not of this shape. */
  async read<Value>(blob: string, shape: z.ZodType<Value>): Promise<Read<Value> | undefined> {
    const client = this.access.clients.container.getBlobClient(blob);
    const answer = await withTimeout((abortSignal) => client.download(0, undefined, { abortSignal })).catch(
      (error: unknown) => {
        if (statusOf(error) === 404) return undefined;
        throw error;
      },
    );
    if (!answer) return undefined;
    const chunks: Buffer[] = [];
    for await (const chunk of answer.readableStreamBody!) chunks.push(Buffer.from(chunk));
    const parsed = shape.safeParse(parseJson(Buffer.concat(chunks).toString('utf8')));
    return parsed.success ? { value: parsed.data, isLeased: answer.leaseState === 'leased' } : undefined;
  }

  list(prefix: string): Promise<Listed[]> {
    return withTimeout(async (abortSignal) => {
      const listed: Listed[] = [];
      const { container } = this.access.clients;
      for await (const { name, properties } of container.listBlobsFlat({ prefix, abortSignal }))
        listed.push({ blob: name, isLeased: properties.leaseState === 'leased', etag: properties.etag });
      return listed;
    });
  }

  /** False: there is one already. */
  async create(blob: string, value: unknown): Promise<boolean> {
    return this.#unlessRefused('create-blob', (abortSignal) =>
      this.#upload(blob, value, { abortSignal, conditions: { ifNoneMatch: '*' } }),
    );
  }

  /** False: the lease is not ours any more. */
  async write(blob: string, value: unknown, leaseId: string): Promise<boolean> {
    return this.#unlessRefused('write-blob', (abortSignal) =>
      this.#upload(blob, value, { abortSignal, conditions: { leaseId } }),
    );
  }

  /** False: another has it. A repeat under the same id has it still. */
  async acquire(blob: string, leaseId: string, leaseMs: number): Promise<boolean> {
    return this.#unlessRefused('acquire-lease', (abortSignal) =>
      this.#leaseClient(blob, leaseId).acquireLease(Math.round(leaseMs / 1000), { abortSignal }),
    );
  }

  /** One try. False: another has it, or the blob is gone. */
  async renew(blob: string, leaseId: string): Promise<boolean> {
    try {
      await withTimeout((abortSignal) => this.#leaseClient(blob, leaseId).renewLease({ abortSignal }));
      return true;
    } catch (error) {
      if ([404, 409, 412].includes(statusOf(error) ?? 0)) return false;
      throw error;
    }
  }

  /** One try: otherwise it lapses. */
  async release(blob: string, leaseId: string): Promise<void> {
    await withTimeout((abortSignal) => this.#leaseClient(blob, leaseId).releaseLease({ abortSignal })).catch(
      () => undefined,
    );
  }

  #leaseClient(blob: string, leaseId: string) {
    return this.access.clients.container.getBlobClient(blob).getBlobLeaseClient(leaseId);
  }

  async #upload(
    blob: string,
    value: unknown,
    options: { abortSignal: AbortSignal; conditions: { ifNoneMatch?: string; leaseId?: string } },
  ): Promise<void> {
    const content = JSON.stringify(value);
    await this.access.clients.container.getBlockBlobClient(blob).upload(content, Buffer.byteLength(content), {
      ...options,
      blobHTTPHeaders: { blobContentType: 'application/json' },
    });
  }

  async #unlessRefused(name: string, call: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> {
    try {
      await persist(name, call, this.retry);
      return true;
    } catch (error) {
      if (statusOf(error) === 409 || statusOf(error) === 412) return false;
      throw error;
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

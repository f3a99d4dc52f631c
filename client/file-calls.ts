import type { z } from 'zod';
import type {
  BundleRequest,
  BundleView,
  ContentAnswer,
  ContentView,
  OutputFileLink,
  OutputFileView,
} from '../shared/contracts';
import { errorOfAnswer, unreachable } from './errors';
import { JobCalls } from './job-calls';
import { blobOf, hashOf, upload, type ContentSource } from './uploads';

/** One file that a task has left: of the attempt that counts, or of the one named. */
export interface OutputFileAddress {
  task: number;
  path: string;
  attempt?: string;
}

/** What goes along with jobs, and the files that come back. */
export abstract class FileCalls extends JobCalls {
  /** Keeps bytes by their hash, for `inputs` of jobs and files of bundles; they are sent to storage, where they are not there yet. */
  async putContent(source: ContentSource): Promise<{ sha256: string; bytes: number }> {
    const blob = await blobOf(source);
    const content = { sha256: await hashOf(blob), bytes: blob.size };
    const answer = await this.json<ContentAnswer>('POST', '/api/contents', {
      body: content,
      isRepeatable: true,
    });
    if (answer.upload) await upload(answer.upload, blob, this.signal);
    return content;
  }
  /** Undefined where there is none. */
  getContent(sha256: string): Promise<ContentView | undefined> {
    return this.find(`/api/contents/${sha256}`);
  }
  /** Jobs have copies of their own. Refused (409) where an environment or a bundle needs it. */
  async deleteContent(sha256: string): Promise<void> {
    await this.json('DELETE', `/api/contents/${sha256}`);
  }

  /** Replaces it as a whole. */
  putBundle(id: string, bundle: z.input<typeof BundleRequest>): Promise<BundleView> {
    return this.json('PUT', `/api/bundles/${id}`, { body: bundle });
  }
  /** Names and sizes, never values. Undefined where there is none. */
  getBundle(id: string): Promise<BundleView | undefined> {
    return this.find(`/api/bundles/${id}`);
  }
  listBundles(): Promise<BundleView[]> {
    return this.listAll('/api/bundles');
  }
  async deleteBundle(id: string): Promise<void> {
    await this.json('DELETE', `/api/bundles/${id}`);
  }

  /** Files that a task has left, by name. */
  listOutputs(id: string, { task, attempt }: Omit<OutputFileAddress, 'path'>): Promise<OutputFileView[]> {
    const query = attempt === undefined ? '' : `?attempt=${attempt}`;
    return this.listAll(`/api/jobs/${id}/tasks/${task}/outputs${query}`);
  }
  /** Where a file is read for the next hour, without a key. A secret. */
  linkOutputFile(id: string, { task, path, attempt }: OutputFileAddress): Promise<OutputFileLink> {
    const query = new URLSearchParams({ link: 'true', ...(attempt !== undefined && { attempt }) });
    const name = path.split('/').map(encodeURIComponent).join('/');
    return this.json('GET', `/api/jobs/${id}/tasks/${task}/outputs/${name}?${query.toString()}`);
  }
  /** A file as it comes from storage. */
  async openOutputFile(id: string, address: OutputFileAddress): Promise<ReadableStream<Uint8Array>> {
    const { url } = await this.linkOutputFile(id, address);
    const response = await fetch(url, this.signal ? { signal: this.signal } : {}).catch((error: unknown) => {
      this.signal?.throwIfAborted();
      throw unreachable('The storage that the file lies in cannot be reached.', error);
    });
    if (response.ok && response.body) return response.body;
    throw errorOfAnswer(response.status, '');
  }
  async readOutputFile(id: string, address: OutputFileAddress): Promise<Uint8Array> {
    const stream = await this.openOutputFile(id, address);
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
}

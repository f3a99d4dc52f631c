import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Upload } from '../shared/contracts';
import { MusterError, unreachable } from './errors';
import { isTransient } from './retry';

/** Bytes to send: these, or those of a file, which is read as it is sent. */
export type ContentSource = Uint8Array | { file: string };

export async function blobOf(source: ContentSource): Promise<Blob> {
  return source instanceof Uint8Array ? new Blob([new Uint8Array(source)]) : openAsBlob(source.file);
}

/** SHA-256, hex. */
export async function hashOf(blob: Blob): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of blob.stream()) hash.update(chunk);
  return hash.digest('hex');
}

/** What is longer goes in blocks: a part that fails is sent again, and not all of it. */
const blockBytes = 32 * 2 ** 20;
const attempts = 5;

/** Sends bytes to where an upload says. Rejects with MusterError, which does not tell the URL. */
export async function upload(
  { url, headers }: Upload,
  blob: Blob,
  signal: AbortSignal | undefined,
): Promise<void> {
  const put = (to: string, body: Blob, extra: Record<string, string> = {}): Promise<void> =>
    putPersistently(to, { body, headers: extra, signal: signal ?? null });
  if (blob.size <= blockBytes) return put(url, blob, headers);
  const ids: string[] = [];
  for (let start = 0; start < blob.size; start += blockBytes) {
    const id = Buffer.from(String(ids.length).padStart(6, '0')).toString('base64');
    await put(withQuery(url, { comp: 'block', blockid: id }), blob.slice(start, start + blockBytes));
    ids.push(id);
  }
  const list = ids.map((id) => `<Latest>${id}</Latest>`).join('');
  const body = `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`;
  await put(withQuery(url, { comp: 'blocklist' }), new Blob([body]));
}

function withQuery(url: string, query: Record<string, string>): string {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(query)) changed.searchParams.set(name, value);
  return changed.toString();
}

async function putPersistently(url: string, request: RequestInit): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const refusal = await putOnce(url, request);
    if (!refusal) return;
    const isPassing = refusal.status === 0 || isTransient(refusal.status);
    if (attempt === attempts || !isPassing) throw refusal;
    await delay(250 * 2 ** attempt);
  }
}

/** Why it came to nothing; undefined where it did not. */
async function putOnce(url: string, request: RequestInit): Promise<MusterError | undefined> {
  try {
    const response = await fetch(url, { method: 'PUT', ...request });
    const answer = await response.text();
    if (response.ok) return undefined;
    const code = /<Code>([A-Za-z]+)<\/Code>/.exec(answer)?.[1] ?? 'StorageRefusal';
    const message = `Storage refused the bytes: HTTP ${response.status} (${code}).`;
    return new MusterError(response.status, { error: { code, message } });
  } catch (error) {
    request.signal?.throwIfAborted();
    return unreachable('The storage that the bytes go to cannot be reached.', error);
  }
}

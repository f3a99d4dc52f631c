import { addressOf, pathOf } from './addresses';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientOptions } from './configuration';
import { errorOfAnswer, MusterError, unreachable } from './errors';
import { defaultRetry, isTransient, pauseMs, retryAfterMs } from './retry';

type Page<Item> = { value: Item[]; nextLink?: string };

/** `view`: how it stands; undefined where it is gone. */
export interface WaitAnswer<View> {
  isReached: boolean;
  view: View | undefined;
}

export interface Content {
  body?: unknown;
  /** In place of `body`, sent as they are: packed by gzip, unless a header says otherwise. */
  bytes?: Uint8Array;
  headers?: Record<string, string>;
  /** The answer is read as it comes, for as long as it takes, and not asked for again where it breaks off. */
  isStream?: boolean;
  /** A POST that may be sent again, as one with an Idempotency-Key may. */
  isRepeatable?: boolean;
}

/** Azure cuts an answer after about 230 s; what takes longer than this does not come. */
const answerLimitMs = 240_000;

interface Failure {
  error: MusterError;
  isTransient: boolean;
  retryAfterMs?: number;
}

/**
 * One call of the HTTP API, repeated where that is safe (GET, PUT, DELETE, and POST with an Idempotency-Key) and of use (no answer, 408,
 * 429, 5xx). Rejects with MusterError, or with the signal's reason once that is aborted.
 */
export abstract class Transport {
  constructor(
    protected readonly options: ClientOptions,
    protected readonly signal?: AbortSignal,
  ) {}

  /** Every page of a list. */
  protected async listAll<Item>(path: string): Promise<Item[]> {
    const found: Item[] = [];
    for await (const item of this.iterate<Item>(path)) found.push(item);
    return found;
  }

  /** Item by item; a page is asked for when its first is. */
  protected async *iterate<Item>(path: string): AsyncGenerator<Item, void, undefined> {
    for (let next: string | undefined = path; next !== undefined;) {
      const page: Page<Item> = await this.json<Page<Item>>('GET', next);
      yield* page.value;
      next = page.nextLink && pathOf(page.nextLink, this.options.url);
    }
  }

  /** Asks a wait route until it answers other than 202, or time is up. */
  protected async waitFor(
    path: string,
    { timeoutSeconds = 900 }: { timeoutSeconds?: number },
  ): Promise<boolean> {
    const deadline = Date.now() + timeoutSeconds * 1000;
    for (;;) {
      const seconds = Math.min(Math.max(Math.ceil((deadline - Date.now()) / 1000), 0), 100);
      const { isReached } = await this.askWait(path, seconds);
      if (isReached) return true;
      if (Date.now() >= deadline) return false;
    }
  }

  /** One answer of a wait route. */
  protected async askWait<View extends object>(
    path: string,
    timeoutSeconds: number,
  ): Promise<WaitAnswer<View>> {
    const response = await this.send('GET', `${path}&timeoutSeconds=${timeoutSeconds}`);
    const view = (await response.json()) as View | { name: string; state: 'deleted' };
    const isGone = 'state' in view && view.state === 'deleted';
    return { isReached: response.status !== 202, view: isGone ? undefined : (view as View) };
  }

  /** Undefined where there is none (404). */
  protected async find<View>(path: string): Promise<View | undefined> {
    try {
      return await this.json<View>('GET', path);
    } catch (error) {
      if (error instanceof MusterError && error.status === 404) return undefined;
      throw error;
    }
  }

  protected async json<View>(method: string, path: string, content: Content = {}): Promise<View> {
    const response = await this.send(method, path, content);
    return (response.status === 204 ? undefined : await response.json()) as View;
  }

  /** The whole answer: a body that breaks off is asked for again. */
  protected async send(method: string, path: string, content: Content = {}): Promise<Response> {
    const retry = { ...defaultRetry, ...this.options.retry };
    const attempts = isRepeatable(method, content) ? retry.attempts : 1;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.sendOnce(method, path, content);
      if (outcome instanceof Response) return outcome;
      // What an earlier call removed is gone: that answer was lost on its way.
      if (method === 'DELETE' && attempt > 1 && outcome.error.status === 404)
        return new Response(null, { status: 204 });
      if (!outcome.isTransient || attempt >= attempts) throw outcome.error;
      const { retryAfterMs } = outcome;
      await this.pause(pauseMs(attempt, retry, { retryAfterMs, random: Math.random() }));
    }
  }

  protected async headers(): Promise<Record<string, string>> {
    const { key, tokenFile } = this.options;
    if (key !== undefined || tokenFile === undefined) return { 'x-functions-key': key ?? '' };
    const token = await readFile(tokenFile, 'utf8').catch((cause: unknown) => {
      const message = `MUSTER_TOKEN_FILE names a file that cannot be read: ${(cause as Error).message}.`;
      throw new MusterError(0, { error: { code: 'NotConfigured', message } }, { cause });
    });
    return { authorization: `Bearer ${token.trim()}` };
  }

  private async sendOnce(method: string, path: string, content: Content): Promise<Response | Failure> {
    const { signal } = this;
    // A stream's end is its reader's; of the others, each answer comes in time.
    const limits = content.isStream ? [] : [AbortSignal.timeout(answerLimitMs)];
    const headers = { ...(await this.headers()), ...contentType(content), ...content.headers };
    try {
      const response = await fetch(addressOf(path, this.options.url), {
        method,
        headers,
        body: content.bytes ?? (content.body === undefined ? undefined : JSON.stringify(content.body)),
        signal: AbortSignal.any([...(signal ? [signal] : []), ...limits]),
      });
      if (response.ok && content.isStream) return response;
      const bytes = await response.arrayBuffer();
      if (response.ok) return complete(response, bytes);
      return {
        error: errorOfAnswer(response.status, Buffer.from(bytes).toString()),
        isTransient: isTransient(response.status),
        retryAfterMs: retryAfterMs(response.headers.get('retry-after'), Date.now()),
      };
    } catch (error) {
      signal?.throwIfAborted();
      return { error: noAnswer(this.options.url, error), isTransient: true };
    }
  }

  private async pause(ms: number): Promise<void> {
    const { signal } = this;
    await delay(ms, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

function isRepeatable(method: string, { headers, isRepeatable }: Content): boolean {
  return method !== 'POST' || isRepeatable === true || headers?.['idempotency-key'] !== undefined;
}

function complete({ status, headers }: Response, bytes: ArrayBuffer): Response {
  return new Response(status === 204 || status === 304 ? null : bytes, { status, headers });
}

function contentType({ body, bytes }: Content): Record<string, string> {
  if (bytes) return { 'content-type': 'application/gzip' };
  return body === undefined ? {} : { 'content-type': 'application/json' };
}

/** `fetch` says no more than that it failed; what it was stands in its cause. */
function noAnswer(url: string, error: unknown): MusterError {
  const { name, message, cause } = error as Error;
  const inner = cause as (Error & { code?: string }) | undefined;
  const why =
    name === 'TimeoutError'
      ? `no answer within ${answerLimitMs / 1000} s`
      : inner?.code || inner?.message || message;
  return unreachable(`The control plane at ${url} cannot be reached: ${why}.`, error);
}

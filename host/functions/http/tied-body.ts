import { Readable } from 'node:stream';

/** The client of a streamed answer. */
export interface StreamClient {
  /** Aborts when it closes its connection before the end. */
  gone: AbortSignal;
  /** Resolves when it has taken what it was sent. */
  ready(): Promise<void>;
}

interface BodySource {
  /** The next piece; undefined at the end. */
  read(): Promise<unknown>;
  cancel(): void;
}

/**
 * Ties the stream in a handler's result to its client: it is read as fast as the client reads, and cancelled when the
 * client goes. The library does neither by itself: it copies the stream to the end whoever listens, and its
 * compiled `for await` loop does not return the iterator when it breaks.
 */
export function tieToClient(result: unknown, client: StreamClient): unknown {
  if (typeof result !== 'object' || result === null || !('body' in result)) {
    return result;
  }
  const source = sourceOf(result.body);
  if (!source) {
    return result;
  }
  return { ...responseInit(result), body: tied(source, client) };
}

/** A response object has getters, which a spread would not see. */
function responseInit(result: object): object {
  if (!('arrayBuffer' in result)) {
    return result;
  }
  const { status, headers, cookies, enableContentNegotiation } = result as Record<string, unknown>;
  return { status, headers, cookies, enableContentNegotiation };
}

function tied(source: BodySource, client: StreamClient): ReadableStream {
  client.gone.addEventListener('abort', () => source.cancel(), { once: true });
  return new ReadableStream(
    {
      async pull(controller) {
        await client.ready();
        const chunk = client.gone.aborted ? undefined : await source.read();
        if (chunk === undefined) {
          controller.close();
        } else {
          controller.enqueue(chunk);
        }
      },
      cancel: () => source.cancel(),
    },
    { highWaterMark: 0 },
  );
}

function sourceOf(body: unknown): BodySource | undefined {
  if (body instanceof ReadableStream) {
    const reader = body.getReader();
    return {
      read: async () => (await reader.read()).value as unknown,
      cancel: () => void reader.cancel().catch(() => undefined),
    };
  }
  if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body)) {
    return undefined;
  }
  const iterator = (body as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  return {
    read: async () => {
      const { done, value } = await iterator.next();
      return done ? undefined : value;
    },
    cancel: () => {
      if (body instanceof Readable) {
        body.destroy();
      } else {
        void iterator.return?.().catch(() => undefined);
      }
    },
  };
}

import http from 'node:http';
import type net from 'node:net';

const invocationIdHeader = 'x-ms-invocation-id';
const answers = new Map<string, http.ServerResponse>();
const awaited = new Map<string, () => void>();

/** Keeps sight of the answers on the server @azure/functions opens for streamed HTTP, by invocation. */
export function watchStreamServer(server: net.Server): void {
  if (!(server instanceof http.Server)) {
    return;
  }
  // Its only client is this host, which keeps connections: an idle close would race with the next request.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.prependListener('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
    const invocationId = String(request.headers[invocationIdHeader]);
    answers.set(invocationId, response);
    response.once('close', () => answers.delete(invocationId));
    awaited.get(invocationId)?.();
  });
}

/**
 * Calls back when the proxied request of an invocation has reached the library. Only then may the function be invoked:
 * the library waits for that request without end, and a client may be gone before it is passed on.
 */
export function onArrival(invocationId: string, arrived: () => void): () => void {
  awaited.set(invocationId, arrived);
  return () => void awaited.delete(invocationId);
}

/** A handler that returns nothing never answers its proxied request: the library does not either. */
export function isStillUnanswered(invocationId: string): boolean {
  return answers.get(invocationId)?.headersSent === false;
}

/** Resolves when what was written has gone out: the library writes on without asking. */
export async function readyForMore(invocationId: string): Promise<void> {
  const response = answers.get(invocationId);
  if (response?.writableNeedDrain && !response.destroyed) {
    await new Promise<void>((resolve) => {
      response.once('drain', resolve);
      response.once('close', resolve);
    });
  }
}

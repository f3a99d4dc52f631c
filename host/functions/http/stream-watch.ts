import http from 'node:http';
import type net from 'node:net';

const invocationIdHeader = 'x-ms-invocation-id';

/** The client closed its connection before the streamed answer ended. */
export class ClientGone extends Error {
  constructor() {
    super('The client closed the connection before the response ended.');
    this.name = 'ClientGone';
  }
}

const answers = new Map<string, http.ServerResponse>();

/**
 * Watches the server @azure/functions opens for streamed HTTP. The library copies the app's stream with
 * `for await ... response.write(chunk)` and never looks whether somebody reads: a `write` that throws once the
 * client is gone ends that loop and cancels the app's stream.
 */
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
    response.once('close', () => {
      answers.delete(invocationId);
      if (!response.writableFinished) {
        response.write = () => {
          throw new ClientGone();
        };
      }
    });
  });
}

/** A handler that returns nothing never answers its proxied request: the library does not either. */
export function isStillUnanswered(invocationId: string): boolean {
  return answers.get(invocationId)?.headersSent === false;
}

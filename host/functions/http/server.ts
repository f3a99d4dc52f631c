import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../logging';
import { messageOf } from '../problems';
import { BodyTooLarge, MalformedRequest, readRequest, type HostRequest } from './request';
import { sendEmpty } from './response';

export type RequestHandler = (request: HostRequest, response: ServerResponse) => Promise<void>;

/** An HTTP server on the loopback address that hands every request to one handler. */
export class LoopbackServer {
  readonly #server: http.Server;
  readonly #log: Log;
  #handler: RequestHandler;

  constructor(handler: RequestHandler, log: Log) {
    this.#handler = handler;
    this.#log = log;
    this.#server = http.createServer((request, response) => void this.#serve(request, response));
    // Uploads and streams take as long as they take; idle connections stay, as with Kestrel's 130 s.
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = 130_000;
  }

  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes no new work, but goes on answering what it has. */
  stopAccepting(): void {
    this.#handler = async (_request, response) => sendEmpty(response, 503, { connection: 'close' });
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    try {
      await this.#handler(readRequest(raw), response);
    } catch (error) {
      this.#fail(raw, response, error);
    }
  }

  #fail(raw: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (raw.destroyed && !raw.complete && !(error instanceof BodyTooLarge)) {
      // The client went away in the middle of its own request.
      response.destroy();
      return;
    }
    const refusal = error instanceof BodyTooLarge ? 413 : error instanceof MalformedRequest ? 400 : undefined;
    if (refusal === undefined) {
      const detail = error instanceof Error ? error.stack : undefined;
      this.#log({ level: 'error', category: 'Host.Http', message: detail ?? messageOf(error) });
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    sendEmpty(response, refusal ?? 500, refusal === undefined ? {} : { connection: 'close' });
    raw.resume();
  }
}

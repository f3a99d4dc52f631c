import http from 'node:http';
import type { ServerResponse } from 'node:http';
import { Transform, pipeline } from 'node:stream';
import { BodyTooLarge, declaresTooLarge, type HostRequest } from './request';
import { hopByHopHeaders } from './response';
import { onArrival } from './stream-watch';

const agent = new http.Agent({ keepAlive: true });

/**
 * One request passed on to the server that @azure/functions opened (`enableHttpStream`), both ways streamed.
 * Azure's host does the same with a reverse proxy; `x-ms-invocation-id` ties the two halves together.
 */
export class StreamedExchange {
  readonly #request: HostRequest;
  readonly #response: ServerResponse;
  readonly #forwarded: http.ClientRequest;
  /** True once the library has the request; false when it will never get it. */
  readonly arrived: Promise<boolean>;

  constructor(
    exchange: { request: HostRequest; response: ServerResponse },
    target: { streamUrl: string; invocationId: string; bodyLimit: number },
  ) {
    const { request, response } = exchange;
    if (declaresTooLarge(request.raw, target.bodyLimit)) {
      throw new BodyTooLarge(target.bodyLimit);
    }
    this.#request = request;
    this.#response = response;
    const { hostname, port } = new URL(target.streamUrl);
    this.#forwarded = http.request({
      hostname,
      port,
      path: request.target,
      method: request.method,
      headers: forwardedHeaders(request, target.invocationId),
      agent,
    });
    this.#forwarded.on('response', (answer) => this.#answer(answer));
    this.#forwarded.on('error', () => this.abort());
    response.once('close', () => {
      if (!response.writableFinished) {
        this.#forwarded.destroy();
      }
    });
    this.arrived = new Promise((resolve) => {
      const forget = onArrival(target.invocationId, () => resolve(true));
      this.#forwarded.once('close', () => {
        forget();
        resolve(false);
      });
    });
    this.#sendBody(target.bodyLimit);
  }

  /** Gives up the proxied half; the client's half too, when its answer has begun. */
  abort(): void {
    this.#forwarded.destroy();
    if (this.#response.headersSent && !this.#response.writableEnded) {
      this.#response.destroy();
    }
  }

  #sendBody(limit: number): void {
    let size = 0;
    const counted = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        size += chunk.length;
        done(size > limit ? new BodyTooLarge(limit) : null, chunk);
      },
    });
    this.#request.raw.pipe(counted);
    pipeline(counted, this.#forwarded, (error) => {
      if (error) this.#request.raw.unpipe().resume();
      if (error instanceof BodyTooLarge && !this.#response.headersSent) {
        this.#response.writeHead(413, { connection: 'close', 'content-length': 0 }).end();
      }
    });
  }

  #answer(answer: http.IncomingMessage): void {
    if (this.#response.headersSent) {
      answer.resume();
      return;
    }
    for (const [name, value] of Object.entries(answer.headersDistinct)) {
      if (value !== undefined && !hopByHopHeaders.has(name)) {
        this.#response.setHeader(name, value.length === 1 ? (value[0] ?? '') : value);
      }
    }
    this.#response.writeHead(answer.statusCode ?? 200);
    // A reader of server-sent events wants the headers before the first event.
    this.#response.flushHeaders();
    pipeline(answer, this.#response, () => this.#leaveRest());
  }

  /**
   * A function may answer before it has read the whole body. The rest is read and dropped: the library's server never reads
   * it, and the client's connection would be stuck with it before its next request.
   */
  #leaveRest(): void {
    const { raw } = this.#request;
    if (raw.complete || raw.destroyed) return;
    raw.unpipe();
    raw.resume();
    this.#forwarded.destroy();
  }
}

function forwardedHeaders(request: HostRequest, invocationId: string): http.OutgoingHttpHeaders {
  const headers: http.OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(request.raw.headers)) {
    if (!hopByHopHeaders.has(name) && name !== 'host' && name !== 'expect') {
      headers[name] = value;
    }
  }
  const host = request.raw.headers.host ?? new URL(request.origin).host;
  return {
    ...headers,
    'x-forwarded-host': host,
    'x-forwarded-proto': 'http',
    'x-ms-invocation-id': invocationId,
  };
}

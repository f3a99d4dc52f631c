import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { answer, faultError, type Exchange, type ServerParts } from './dispatch';
import { ArmError } from './errors';
import type { ArmReply } from './provider';
import type { SideReply } from './side-endpoint';

/** Resource Manager refuses larger requests (4 MB). */
const LARGEST_BODY_BYTES = 4 * 1024 * 1024;

export function createSimulatorServer(parts: ServerParts): Server {
  return createServer((request, response) => {
    void serve(parts, request, response).catch((error: unknown) => {
      process.stderr.write(`simulator: ${error instanceof Error ? error.stack : String(error)}\n`);
      response.destroy();
    });
  });
}

async function serve(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedAt = Date.now();
  const baseUrl = `http://${request.headers.host ?? 'localhost'}`;
  if (!URL.canParse(request.url ?? '/', baseUrl))
    return writeSide(response, { status: 400, text: 'Bad Request' });
  const url = new URL(request.url ?? '/', baseUrl);
  const text = await readBody(request);
  for (const side of parts.sides) {
    const reply = await side({
      method: request.method ?? 'GET',
      url,
      headers: request.headers,
      body: text ?? '',
      baseUrl,
    });
    if (reply) return writeSide(response, reply);
  }
  const headers = {
    'x-ms-request-id': randomUUID(),
    'x-ms-correlation-request-id': String(request.headers['x-ms-correlation-request-id'] ?? randomUUID()),
  };
  const exchange: Exchange = {
    parts,
    request,
    url,
    text: text ?? '',
    baseUrl,
    startedAt,
    operationName: 'unknown',
    headers,
  };
  const reply = text === undefined ? tooLarge() : await answer(exchange);
  finish(exchange, response, reply);
}

function tooLarge(): ArmReply {
  return {
    status: 413,
    body: new ArmError(
      413,
      'RequestContentTooLarge',
      `The request content size exceeds the maximum size of ${LARGEST_BODY_BYTES} bytes.`,
    ).body(),
  };
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= LARGEST_BODY_BYTES) chunks.push(chunk);
  }
  return size > LARGEST_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}

function finish(exchange: Exchange, response: ServerResponse, reply: ArmReply): void {
  const { parts, request, url, fault } = exchange;
  const method = request.method ?? 'GET';
  const isDropped = fault?.dropAnswer === true;
  const final = isDropped && fault.status !== undefined ? toReply(faultError(fault)) : reply;
  const logged = {
    at: new Date(parts.azure.clock.now()).toISOString(),
    method,
    url: url.pathname + url.search,
    operation: exchange.operationName,
  };
  parts.calls.add({ ...logged, status: final.status, ...(fault ? { fault: fault.id } : {}) });
  if (isDropped && fault.status === undefined) {
    response.destroy();
    return;
  }
  const headers = writeReply(exchange, response, final);
  parts.calls.record({
    t: exchange.startedAt,
    ms: Date.now() - exchange.startedAt,
    method,
    url: exchange.baseUrl + url.pathname + url.search,
    requestHeaders: request.headers,
    requestBody: recordable(exchange.text),
    status: final.status,
    responseHeaders: headers,
    responseBody: method === 'HEAD' ? null : (final.body ?? null),
  });
}

function recordable(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function toReply(error: ArmError): ArmReply {
  return { status: error.status, body: error.body(), headers: error.headers };
}

function writeReply(exchange: Exchange, response: ServerResponse, reply: ArmReply): Record<string, string> {
  const text = reply.body === undefined ? '' : JSON.stringify(reply.body);
  const headers: Record<string, string> = {
    'cache-control': 'no-cache',
    pragma: 'no-cache',
    expires: '-1',
    ...(reply.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    ...exchange.headers,
    'x-ms-routing-request-id': `SIMULATOR:${new Date().toISOString().replace(/[-:]/g, '').slice(0, 15)}Z:${randomUUID()}`,
    'x-content-type-options': 'nosniff',
    ...reply.headers,
    ...(reply.status === 204 ? {} : { 'content-length': String(Buffer.byteLength(text)) }),
  };
  response.writeHead(reply.status, headers);
  response.end(exchange.request.method === 'HEAD' ? undefined : text);
  return Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]));
}

function writeSide(response: ServerResponse, reply: SideReply): void {
  const isText = reply.text !== undefined;
  const text = reply.text ?? (reply.body === undefined ? '' : JSON.stringify(reply.body));
  response.writeHead(reply.status, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
    ...reply.headers,
  });
  response.end(text);
}

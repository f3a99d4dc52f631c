import type { IncomingMessage } from 'node:http';
import type { HttpData, Nullable, TypedData } from '../core-types';

/** A request as the host looks at it before a function sees it. */
export interface HostRequest {
  raw: IncomingMessage;
  method: string;
  /** Without the query, dot segments resolved, still percent-encoded. */
  path: string;
  /** Path and query. */
  target: string;
  query: URLSearchParams;
  /** Scheme and authority the client used, for links in answers. */
  origin: string;
}

/** A request line or `Host` header that makes no URL. */
export class MalformedRequest extends Error {}

export function readRequest(raw: IncomingMessage): HostRequest {
  const url = urlOf(raw);
  return {
    raw,
    method: (raw.method ?? 'GET').toUpperCase(),
    path: url.pathname,
    target: `${url.pathname}${url.search}`,
    query: url.searchParams,
    origin: url.origin,
  };
}

function urlOf(raw: IncomingMessage): URL {
  const line = raw.url ?? '/';
  // A client that takes this for a proxy sends the whole URL; joining texts keeps `//host` a path.
  const text = /^https?:\/\//i.test(line) ? line : `http://${raw.headers.host ?? '127.0.0.1'}${line}`;
  try {
    return new URL(text);
  } catch {
    throw new MalformedRequest(`The request has no valid URL: ${text}`);
  }
}

export class BodyTooLarge extends Error {
  constructor(readonly limit: number) {
    super(`The request body is larger than ${limit} bytes.`);
    this.name = 'BodyTooLarge';
  }
}

export function declaresTooLarge(raw: IncomingMessage, limit: number): boolean {
  return Number(raw.headers['content-length'] ?? 0) > limit;
}

export async function readBody(raw: IncomingMessage, limit: number): Promise<Buffer> {
  if (declaresTooLarge(raw, limit)) {
    throw new BodyTooLarge(limit);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) {
      throw new BodyTooLarge(limit);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The request in the shape of the worker channel; the body always as bytes (capability RawHttpBodyBytes). */
export function toHttpData(request: HostRequest, params: Record<string, string>, body: Buffer): HttpData {
  return {
    method: request.method,
    url: `${request.origin}${request.target}`,
    nullableHeaders: nullable(headersOf(request)),
    nullableParams: nullable(params),
    nullableQuery: nullable(queryOf(request)),
    body: body.length > 0 ? { bytes: body } : undefined,
  };
}

/** Trigger metadata, from which the library takes headers and route parameters of a streamed request. */
export function toStreamMetadata(
  request: HostRequest,
  params: Record<string, string>,
): Record<string, TypedData> {
  return {
    ...Object.fromEntries(Object.entries(params).map(([name, value]) => [name, { string: value }])),
    Headers: { json: JSON.stringify(headersOf(request)) },
    Query: { json: JSON.stringify(queryOf(request)) },
  };
}

function headersOf({ raw }: HostRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw.headers)) {
    const text = Array.isArray(value) ? value.join(', ') : value;
    // Azure's host leaves out headers without a value (capability IgnoreEmptyValuedRpcHttpHeaders).
    if (text !== undefined && text !== '') {
      headers[name] = text;
    }
  }
  return headers;
}

/** A name given more than once reaches the function as one value, joined with commas (StringValues.ToString). */
function queryOf({ query }: HostRequest): Record<string, string> {
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')]));
}

function nullable(values: Record<string, string>): Record<string, Nullable<string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

import type { ServerResponse } from 'node:http';
import type { HttpCookie, HttpData, TypedData } from '../core-types';

/** Headers that belong to one connection: neither an app nor a proxied answer sets them for the client. */
export const hopByHopHeaders = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
]);

export function sendEmpty(
  response: ServerResponse,
  status: number,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { ...headers, ...(status === 204 ? {} : { 'content-length': '0' }) });
  response.end();
}

export function sendJson(
  response: ServerResponse,
  status: number,
  content: { body: unknown; headers?: Record<string, string> },
): void {
  const body = Buffer.from(JSON.stringify(content.body));
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    ...content.headers,
  });
  response.end(body);
}

/** Writes what the function returned. No value at all is 204, as in version 2 of the runtime and later. */
export function sendFunctionResult(
  response: ServerResponse,
  invocationId: string,
  value: TypedData | undefined,
): void {
  const http = value?.http;
  if (!http) {
    sendEmpty(response, 204, { 'x-ms-invocation-id': invocationId });
    return;
  }
  const body = bodyOf(http);
  response.statusCode = Number(http.statusCode ?? 200);
  for (const [name, header] of Object.entries(http.headers ?? {})) {
    if (!hopByHopHeaders.has(name.toLowerCase()) && name.toLowerCase() !== 'content-length') {
      response.setHeader(name, header);
    }
  }
  response.setHeader('x-ms-invocation-id', invocationId);
  const cookies = (http.cookies ?? []).map(serializeCookie);
  if (cookies.length > 0) {
    response.setHeader('set-cookie', cookies);
  }
  if (response.statusCode !== 204 && response.statusCode !== 304) {
    response.setHeader('content-length', body.length);
  }
  response.end(body);
}

function bodyOf({ body }: HttpData): Buffer {
  const bytes = body?.bytes ?? body?.stream;
  return bytes ? Buffer.from(bytes) : Buffer.from(body?.string ?? body?.json ?? '');
}

const sameSiteNames = { lax: 'lax', strict: 'strict', explicitNone: 'none' };

/** As ASP.NET Core writes a cookie: path `/` unless another is given. */
function serializeCookie(cookie: HttpCookie): string {
  const parts = [`${cookie.name ?? ''}=${encodeURIComponent(cookie.value ?? '')}`];
  const expires = cookie.expires?.value?.seconds;
  if (expires !== undefined && expires !== null) {
    parts.push(`expires=${new Date(expires * 1000).toUTCString()}`);
  }
  if (cookie.maxAge?.value !== undefined && cookie.maxAge.value !== null) {
    parts.push(`max-age=${Math.trunc(cookie.maxAge.value)}`);
  }
  if (cookie.domain?.value) {
    parts.push(`domain=${cookie.domain.value}`);
  }
  parts.push(`path=${cookie.path?.value ?? '/'}`);
  if (cookie.secure?.value) {
    parts.push('secure');
  }
  if (cookie.sameSite && cookie.sameSite !== 'none') {
    parts.push(`samesite=${sameSiteNames[cookie.sameSite]}`);
  }
  if (cookie.httpOnly?.value) {
    parts.push('httponly');
  }
  return parts.join('; ');
}

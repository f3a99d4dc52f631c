import { ErrorEnvelope } from '../shared/contracts/error-envelope';
import { parseRetryAfter } from './backoff';
import { redact } from './log';

const requestTimeoutMs = 30_000;

export interface Answer {
  status: number;
  body: unknown;
  retryAfterMs: number | undefined;
  /** The message of an error answer of the app itself; undefined when something in between answered. */
  message: string | undefined;
}

/** One POST; throws on a transport error only. */
export function post(url: string, body: unknown, bearer?: string): Promise<Answer> {
  return send(url, bearer, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** One GET; throws on a transport error only. */
export function get(url: string, bearer: string): Promise<Answer> {
  return send(url, bearer, { method: 'GET' });
}

async function send(url: string, bearer: string | undefined, request: RequestInit): Promise<Answer> {
  const response = await fetch(url, {
    ...request,
    headers: {
      ...request.headers,
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
    signal: AbortSignal.timeout(requestTimeoutMs),
    redirect: 'error',
  });
  const content = parseJson(await response.text());
  const envelope = ErrorEnvelope.safeParse(content);
  return {
    status: response.status,
    body: content,
    retryAfterMs: parseRetryAfter(response.headers.get('retry-after')),
    message: envelope.success ? redact(envelope.data.error.message) : undefined,
  };
}

export function routeUrl(controlPlaneUrl: string, route: string): string {
  return `${controlPlaneUrl.replace(/\/+$/, '')}${route}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import type { HostClock } from './contract';

interface DurableHttpRequest {
  method?: string;
  uri?: string;
  content?: string | null;
  headers?: Record<string, string> | null;
  tokenSource?: unknown;
  notBefore?: number;
}

/** The extension's built-in HTTP activity, without its managed-identity tokens. */
export async function callHttp(input: string, clock: HostClock): Promise<string> {
  const request = JSON.parse(input) as DurableHttpRequest;
  if (request.tokenSource) throw new Error('callHttp with a token source is not supported by this host.');
  const notBefore = request.notBefore;
  if (notBefore !== undefined) await new Promise<void>((resolve) => clock.at(notBefore, resolve));
  const response = await fetch(String(request.uri), {
    method: request.method ?? 'GET',
    headers: request.headers ?? {},
    body: request.content ?? undefined,
    redirect: 'manual',
  });
  return JSON.stringify({
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    content: await response.text(),
  });
}

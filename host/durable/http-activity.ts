interface DurableHttpRequest {
  method?: string;
  uri?: string;
  content?: string | null;
  headers?: Record<string, string> | null;
  tokenSource?: unknown;
  notBefore?: number;
}

/** When a poll is due; undefined for a first request. */
export function notBefore(input: string | null): number | undefined {
  return (JSON.parse(input ?? '{}') as DurableHttpRequest).notBefore;
}

/** The extension's built-in HTTP activity, without its managed-identity tokens. */
export async function callHttp(input: string): Promise<string> {
  const request = JSON.parse(input) as DurableHttpRequest;
  if (request.tokenSource) throw new Error('callHttp with a token source is not supported by this host.');
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

import type { Stack } from '../../scripts/stack/stack';

export interface ApiAnswer<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

/** A call as it goes over the wire, where the client would throw or hide the status. */
export async function callApi<Body = unknown>(
  { url, key }: Pick<Stack, 'url' | 'key'>,
  method: string,
  ...[path, body]: [string, unknown?]
): Promise<ApiAnswer<Body>> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { 'x-functions-key': key, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = (text === '' ? undefined : JSON.parse(text)) as Body;
  return { status: response.status, headers: response.headers, body: json };
}

interface ErrorBody {
  error: { code: string; message: string; details?: { target?: string; code: string }[] };
}

/** Status, code and what is said to be wrong of a call that is refused. */
export async function refusal(
  stack: Pick<Stack, 'url' | 'key'>,
  method: string,
  ...[path, body]: [string, unknown?]
): Promise<{ status: number; code: string; message: string; targets: string[] }> {
  const answer = await callApi<ErrorBody>(stack, method, path, body);
  const { code, message, details = [] } = answer.body.error;
  return { status: answer.status, code, message, targets: details.map(({ target }) => target ?? '').sort() };
}

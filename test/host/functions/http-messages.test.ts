import http from 'node:http';
import { HostProcess, until } from './support/host-process';

interface Inspection {
  method: string;
  url: string;
  query: Record<string, string>;
  header: string | null;
  length: number;
  base64: string;
  invocationId: string;
  traceParent: string;
}

describe('requests and responses of HTTP functions', () => {
  let host: HostProcess;
  beforeAll(async () => {
    host = await HostProcess.start('http-app', { env: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '3000000' } });
  });
  afterAll(() => host.stop());

  test('a function sees method, URL, query and headers', async () => {
    const seen = await host.json<Inspection>('/api/inspect?a=1&a=2&name=%C3%A4%20b', {
      headers: { 'x-test': 'yes' },
    });
    expect(seen).toMatchObject({
      method: 'GET',
      url: `${host.ready.url}/api/inspect?a=1&a=2&name=%C3%A4%20b`,
      query: { a: '1,2', name: 'ä b' },
      header: 'yes',
      functionName: 'inspect',
      triggerType: 'httpTrigger',
    });
  });

  test('a function sees the bytes of a body as they were sent', async () => {
    const body = Buffer.from([0, 1, 2, 254, 255, 10, 13]);
    const seen = await host.json<Inspection>('/api/inspect', { method: 'POST', body });
    expect(seen.base64).toBe(body.toString('base64'));
    const text = await host.json<Inspection>('/api/inspect', { method: 'PUT', body: 'größer' });
    expect(Buffer.from(text.base64, 'base64').toString()).toBe('größer');
  });

  test('the response names the invocation the function ran in', async () => {
    const response = await host.fetch('/api/inspect');
    const seen = (await response.json()) as Inspection;
    expect(response.headers.get('x-ms-invocation-id')).toBe(seen.invocationId);
  });

  test('the trace a caller is in reaches the function', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect((await host.json<Inspection>('/api/inspect', { headers: { traceparent } })).traceParent).toBe(
      traceparent,
    );
    expect((await host.json<Inspection>('/api/inspect')).traceParent).toMatch(
      /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/,
    );
  });

  test('a body within the limit is taken, one over it is 413', async () => {
    const within = await host.fetch('/api/inspect', { method: 'POST', body: Buffer.alloc(2_999_999) });
    expect(((await within.json()) as Inspection).length).toBe(2_999_999);
    expect(await sendOversized(host.ready.url, { 'content-length': '3000001' })).toBe(413);
  });

  test('a body over the limit is 413 also when its length is not told beforehand', async () => {
    expect(await sendOversized(host.ready.url, { 'transfer-encoding': 'chunked' })).toBe(413);
  });

  test.each([
    ['text', 200, 'text/plain;charset=UTF-8', 'hällo'],
    ['json', 201, 'application/json', '{"a":[1,null]}'],
    ['nothing', 204, null, ''],
    ['empty', 204, null, ''],
    ['responseObject', 418, 'text/plain;charset=UTF-8', 'teapot'],
    ['throws', 500, null, ''],
    ['invalidResult', 500, null, ''],
  ])('GET %s answers %i', async (name, status, contentType, body) => {
    const response = await host.fetch(`/api/${name}`);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      status,
      contentType,
      body,
    ]);
  });

  test('binary bodies arrive byte for byte, own headers as set', async () => {
    const response = await host.fetch('/api/binary');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from([0, 255, 1, 254]));
    expect((await host.fetch('/api/json')).headers.get('x-own')).toBe('yes');
    expect((await host.fetch('/api/redirect')).headers.get('location')).toBe('/api/text');
  });

  test('cookies are written as ASP.NET Core writes them', async () => {
    expect((await host.fetch('/api/cookies')).headers.getSetCookie()).toEqual([
      'a=one%20two; max-age=60; path=/; secure; samesite=strict; httponly',
      'b=2; expires=Fri, 02 Jan 1970 00:00:00 GMT; domain=example.org; path=/api',
    ]);
  });

  test('a handler that throws is logged with its stack', async () => {
    const response = await host.fetch('/api/throws');
    const id = response.headers.get('x-ms-invocation-id') ?? '';
    const line = await until(() =>
      host.stderr.split('\n').find((text) => text.includes(`[${id}] Executed 'Functions.throws' (Failed`)),
    );
    expect(line).toContain('error Function.throws');
    expect(line).toContain('Error: this handler always fails\\n');
  });

  test('a path is resolved before it is routed, and a host in it stays a path', async () => {
    expect(await rawStatus(host.ready.url, '/api/../admin/host/status')).toBe(401);
    expect(await rawStatus(host.ready.url, '/api/%2e%2e/admin/host/status')).toBe(401);
    expect(await rawStatus(host.ready.url, '//127.0.0.1:1/api/text')).toBe(404);
    expect(await rawStatus(host.ready.url, `${host.ready.url}/api/text`)).toBe(200);
  });

  test('a request without a usable host is 400', async () => {
    expect(await rawStatus(host.ready.url, '/api/text', { host: 'a b' })).toBe(400);
  });

  test('hooks of the app see and change inputs, results and errors', async () => {
    expect(await host.json('/api/hooked')).toEqual({
      fromHook: 'changed by the pre-invocation hook',
      before: 'pre',
      linesLogged: 1,
      started: true,
    });
    expect(await (await host.fetch('/api/rescued')).text()).toBe('rescued by the post-invocation hook');
  });
});

/** Sends more than the limit and answers the status; the connection may break once it has been refused. */
function sendOversized(url: string, headers: http.OutgoingHttpHeaders): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = http.request(`${url}/api/inspect`, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject);
    request.on('close', () => request.destroy());
    request.end(Buffer.alloc(3_000_001));
  });
}

/** Sends the request line as given; `fetch` would tidy it up. */
function rawStatus(
  url: string,
  path: string,
  headers: http.OutgoingHttpHeaders = {},
): Promise<number | undefined> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject).end();
  });
}

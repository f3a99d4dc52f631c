import http from 'node:http';
import net from 'node:net';
import { HostProcess, until } from './support/host-process';

describe('streamed HTTP (app.setup({ enableHttpStream: true }))', () => {
  let host: HostProcess;
  beforeAll(async () => {
    host = await HostProcess.start('stream-app', { env: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '20000000' } });
  });
  afterAll(() => host.stop());

  const streams = () => host.json<{ openStreams: number; cancelledStreams: number }>('/api/streams');

  test('an upload reaches the function in pieces', async () => {
    const body = Buffer.alloc(5_000_000, 1);
    const seen = await host.json<{ size: number; chunks: number }>('/api/upload', { method: 'POST', body });
    expect(seen.size).toBe(5_000_000);
    expect(seen.chunks).toBeGreaterThan(1);
  });

  test('a body streams both ways at once', async () => {
    const received: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const request = http.request(`${host.ready.url}/api/echo`, { method: 'POST' }, (response) => {
        response.on('data', (chunk: Buffer) => {
          received.push(chunk.toString());
          // The second half is only sent once the first has come back.
          if (received.join('') === 'first') request.end(' second');
        });
        response.on('end', resolve);
      });
      request.on('error', reject);
      request.write('first');
    });
    expect(received.join('')).toBe('first second');
  });

  test('events arrive while the function goes on, and stop when the client goes', async () => {
    const before = await streams();
    const abort = new AbortController();
    const response = await host.fetch('/api/events/shots?from=7', { signal: abort.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('x-query')).toBe('7');
    const reader = response.body?.getReader();
    let text = '';
    while (!text.includes('shots 3')) {
      text += Buffer.from((await reader?.read())?.value ?? []).toString();
    }
    expect((await streams()).openStreams).toBe(1);
    abort.abort();
    const after = await until(async () => {
      const now = await streams();
      return now.openStreams === 0 ? now : undefined;
    });
    expect(after.cancelledStreams).toBe(before.cancelledStreams + 1);
  });

  test('a large answer arrives whole', async () => {
    const bytes = new Uint8Array(await (await host.fetch('/api/large?megabytes=30')).arrayBuffer());
    expect(bytes.length).toBe(30 * 1024 * 1024);
    expect(bytes.every((byte) => byte === 7)).toBe(true);
  });

  test('status, headers, cookies and the host of the URL are those of the client', async () => {
    const response = await host.fetch('/api/cookies', { headers: { 'x-test': 'seen' } });
    expect(response.status).toBe(202);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('x-ms-invocation-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await response.json()).toEqual({ host: new URL(host.ready.url).host, header: 'seen' });
  });

  test('a handler that throws is 500, one that returns nothing 204', async () => {
    expect((await host.fetch('/api/throws')).status).toBe(500);
    expect((await host.fetch('/api/throws', { method: 'POST', body: 'x'.repeat(100_000) })).status).toBe(500);
    expect((await host.fetch('/api/nothing')).status).toBe(204);
  });

  test('a stream that breaks never looks complete', async () => {
    const whole = host.fetch('/api/breaks').then(async (response) => {
      await response.text();
      return response.ok;
    });
    expect(await whole.catch(() => false)).toBe(false);
  });

  test('keys and the body limit hold here too', async () => {
    expect((await host.fetch('/api/keyed')).status).toBe(401);
    const headers = { 'x-functions-key': host.keys.functionKeys.default };
    expect(await (await host.fetch('/api/keyed', { headers })).text()).toBe('inside');
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const options = { method: 'POST', headers: { 'content-length': '20000001' } };
      const request = http.request(`${host.ready.url}/api/upload`, options, (response) => {
        response.resume();
        resolve(response.statusCode);
        request.destroy();
      });
      request.on('error', reject);
      request.flushHeaders();
    });
    expect(status).toBe(413);
  });

  test('clients that go at once leave nothing behind that would hold up the end of the host', async () => {
    const own = await HostProcess.start('stream-app');
    await Promise.all(Array.from({ length: 40 }, () => askAndLeave(own.ready.url, '/api/events/short')));
    expect(await own.json('/api/streams')).toMatchObject({ openStreams: expect.any(Number) });
    const started = performance.now();
    expect(await own.stop()).toBe(0);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

/** Sends a request and cuts the connection as soon as it is out. */
function askAndLeave(url: string, path: string): Promise<void> {
  const { hostname, port, host } = new URL(url);
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), hostname, () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, () => socket.resetAndDestroy());
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}

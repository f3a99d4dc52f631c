import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FaultProxy, stutter, type Verdict } from './fault-proxy';

let server: Server;
let proxy: FaultProxy;
const acted: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      acted.push(`${request.method} ${request.url} ${body}`);
      response.writeHead(201, { 'x-ms-version': 'v', etag: '"e"' });
      response.end('done');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(async () => {
  acted.length = 0;
  proxy = await FaultProxy.start((server.address() as AddressInfo).port);
});
afterEach(() => proxy.stop());

const put = () => fetch(`http://127.0.0.1:${proxy.port}/a?b=c`, { method: 'PUT', body: 'bytes' });

test('passes requests and answers on as they are', async () => {
  const response = await put();
  expect([response.status, response.headers.get('x-ms-version'), await response.text()]).toEqual([
    201,
    'v',
    'done',
  ]);
  expect(acted).toEqual(['PUT /a?b=c bytes']);
  expect(proxy.counts).toEqual({});
});

test.each<[Verdict, number | 'cut', number]>([
  ['refuse', 503, 0],
  ['fail-after', 500, 1],
  ['lose-answer', 'cut', 1],
  ['swallow', 204, 0],
  ['double', 201, 2],
])('%s: answers %s, and what was asked is done %d times', async (verdict, answer, times) => {
  const end = proxy.judge(() => verdict);
  const status = await put().then(
    (response) => response.status,
    () => 'cut',
  );
  expect([status, acted.length, proxy.counts[verdict]]).toEqual([answer, times, 1]);
  end();
  expect((await put()).status).toBe(201);
});

test('is away while it is cut, and back afterwards, however many cut it', async () => {
  const ends = [proxy.cut(), proxy.cut()];
  await expect(put()).rejects.toThrow();
  ends[0]!();
  await expect(put()).rejects.toThrow();
  ends[1]!();
  expect((await put()).status).toBe(201);
});

test('stutters at some requests and lets others pass, the same ones for one generator', () => {
  const sequence = (): Verdict[] => {
    let state = 0;
    const judge = stutter(() => (state = (state + 0.37) % 1), 0.5, ['refuse', 'double']);
    return Array.from({ length: 20 }, () => judge({ method: 'GET', path: '/' }));
  };
  expect(sequence()).toEqual(sequence());
  expect(new Set(sequence())).toEqual(new Set(['pass', 'refuse', 'double']));
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MusterClient } from '../../client';

let server: Server;
let origin: string;
const asked: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const isFirst = !request.url?.includes('continuation');
    // As the control plane knows itself, which is not how its users do.
    const nextLink = `http://internal.example${request.url}?continuation=x`;
    response.end(JSON.stringify({ value: [], ...(isFirst && { nextLink }) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => void (asked.length = 0));

test.each(['', '/', '/api/job-access', '/api/job-access/'])(
  'a base path of %j stays in front of every path, of further pages too',
  async (base) => {
    const client = new MusterClient({ url: `${origin}${base}`, key: 'k' });
    await client.listWorkers('cbox');
    const path = `${base.replace(/\/$/, '')}/api/scale-sets/cbox/workers`;
    expect(asked).toEqual([path, `${path}?continuation=x`]);
  },
);

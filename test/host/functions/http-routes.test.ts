import http from 'node:http';
import { HostProcess } from './support/host-process';

describe('routes of HTTP functions', () => {
  let host: HostProcess;
  beforeAll(async () => {
    host = await HostProcess.start('http-app');
  });
  afterAll(() => host.stop());

  const matched = async (path: string, method = 'GET') => {
    const response = await host.fetch(`/api/${path}`, { method });
    return response.status === 200 ? ((await response.json()) as object) : response.status;
  };

  test.each([
    ['defaultRoute', { function: 'defaultRoute', params: {} }],
    ['DEFAULTROUTE', { function: 'defaultRoute', params: {} }],
    ['items/special', { function: 'literal', params: {} }],
    ['Items/SPECIAL/', { function: 'literal', params: {} }],
    ['items/Other', { function: 'parameter', params: { name: 'Other' } }],
    ['items/42', { function: 'whole', params: { id: '42' } }],
    ['items/99999999999', { function: 'parameter', params: { name: '99999999999' } }],
    ['items/a%20b%2Fc', { function: 'parameter', params: { name: 'a b/c' } }],
    ['maybe', { function: 'optional', params: {} }],
    ['maybe/yes', { function: 'optional', params: { name: 'yes' } }],
    ['files', { function: 'rest', params: {} }],
    ['files/a/b/c.txt', { function: 'rest', params: { path: 'a/b/c.txt' } }],
    ['guids/1f0b5f1c-1111-2222-3333-444455556666', { function: 'guid' }],
    ['letters/abc', { function: 'alpha', params: { word: 'abc' } }],
    ['ranges/10', { function: 'range', params: { n: '10' } }],
    ['years/2024', { function: 'regex', params: { year: '2024' } }],
    ['downloads/tool.tar.gz', { function: 'mixed', params: { name: 'tool.tar', extension: 'gz' } }],
    ['pages', { function: 'defaulted', params: { page: '1' } }],
    ['scale-sets/a/workers/b', { function: 'nested', params: { name: 'a', worker: 'b' } }],
  ])('GET %s goes to its function', async (path, expected) => {
    expect(await matched(path)).toMatchObject(expected);
  });

  test.each([
    'nowhere',
    'guids/7',
    'letters/abcde',
    'letters/a1',
    'ranges/11',
    'years/24',
    'scale-sets/a/workers',
    '',
  ])('GET "%s" matches nothing: 404 with an empty body', async (path) => {
    const response = await host.fetch(`/api/${path}`);
    expect([response.status, await response.text()]).toEqual([404, '']);
  });

  test('the route prefix of host.json is part of every route', async () => {
    expect((await host.fetch('/defaultRoute')).status).toBe(404);
    expect((await host.fetch('/API/defaultRoute')).status).toBe(200);
  });

  test('one route may belong to two functions by method', async () => {
    expect(await matched('items/special', 'POST')).toMatchObject({ function: 'post' });
    expect(await matched('items/special', 'GET')).toMatchObject({ function: 'literal' });
  });

  test('a method no function takes is 404, as Azure answers it', async () => {
    expect(await matched('defaultRoute', 'DELETE')).toBe(404);
    expect(await matched('defaultRoute', 'HEAD')).toBe(404);
  });

  test('a body of more than 100 MB is 413 unless a setting allows it', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const options = { method: 'POST', headers: { 'content-length': String(100 * 1024 * 1024 + 1) } };
      const request = http.request(`${host.ready.url}/api/items/special`, options, (response) => {
        response.resume();
        resolve(response.statusCode);
        request.destroy();
      });
      request.on('error', reject);
      request.flushHeaders();
    });
    expect(status).toBe(413);
  });
});

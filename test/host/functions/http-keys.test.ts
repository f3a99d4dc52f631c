import { statSync } from 'node:fs';
import path from 'node:path';
import { HostProcess } from './support/host-process';

describe('keys', () => {
  let host: HostProcess;
  beforeAll(async () => {
    host = await HostProcess.start('http-app', { args: ['--key', 'the-given-host-key'] });
  });
  afterAll(() => host.stop());

  const status = async (path: string, headers: Record<string, string> = {}) =>
    (await host.fetch(path, { headers })).status;

  test('a function without its key answers 401 with an empty body', async () => {
    const response = await host.fetch('/api/keyed');
    expect([response.status, await response.text()]).toEqual([401, '']);
    expect(await status('/api/keyed', { 'x-functions-key': 'wrong' })).toBe(401);
    expect(await status('/api/keyed?code=wrong')).toBe(401);
    expect(await status('/api/open')).toBe(200);
  });

  test('authLevel function takes the host key, its own key and the master key', async () => {
    expect(await status('/api/keyed', { 'x-functions-key': 'the-given-host-key' })).toBe(200);
    expect(await status('/api/keyed?code=the-given-host-key')).toBe(200);
    expect(
      await status('/api/keyed', { 'x-functions-key': host.keys.functions['keyed']?.default ?? '' }),
    ).toBe(200);
    expect(await status('/api/keyed', { 'x-functions-key': host.ready.masterKey })).toBe(200);
  });

  test("one function's key does not open another", async () => {
    expect(
      await status('/api/keyed', { 'x-functions-key': host.keys.functions['other']?.default ?? '' }),
    ).toBe(401);
  });

  test('authLevel admin takes the master key only', async () => {
    expect(await status('/api/master', { 'x-functions-key': 'the-given-host-key' })).toBe(401);
    expect(await status('/api/master', { 'x-functions-key': host.ready.masterKey })).toBe(200);
  });

  test('an unknown route is 404 whatever the key', async () => {
    expect(await status('/api/nowhere', { 'x-functions-key': 'wrong' })).toBe(404);
  });

  test('the keys are kept for their owner only', () => {
    expect(statSync(path.join(host.stateDirectory, 'keys.json')).mode & 0o777).toBe(0o600);
  });

  test('the management calls ask for the master key, but for the ping', async () => {
    const master = { 'x-functions-key': host.ready.masterKey };
    expect(await status('/admin/host/ping')).toBe(200);
    expect(await status('/admin/host/status')).toBe(401);
    expect(await status('/admin/functions', { 'x-functions-key': 'the-given-host-key' })).toBe(401);
    expect(await host.json('/admin/host/status', { headers: master })).toMatchObject({ state: 'Running' });
    expect(await host.json('/admin/functions', { headers: master })).toContainEqual(
      expect.objectContaining({
        name: 'whole',
        isDisabled: false,
        invoke_url_template: `${host.ready.url}/api/items/{id:int}`,
      }),
    );
    expect(await host.json('/admin/functions/whole', { headers: master })).toMatchObject({ name: 'whole' });
    expect(await status('/admin/nothing', master)).toBe(404);
  });

  test('the clock control is not there unless it was asked for', async () => {
    const response = await host.postJson(
      '/admin/muster-host/clock',
      {},
      { 'x-functions-key': host.ready.masterKey },
    );
    expect(response.status).toBe(404);
  });
});

import { ClientInApp, type ManagementUrls, type Status } from './support/durable-client';
import { HostProcess, until } from './support/host-process';

const base = '/runtime/webhooks/durabletask';

describe("the Durable extension's HTTP API", () => {
  let host: HostProcess;
  let client: ClientInApp;
  let code: string;
  beforeAll(async () => {
    host = await HostProcess.start('durable-app');
    client = new ClientInApp(host);
    code = host.keys.systemKeys.durabletask_extension;
  });
  afterAll(() => host.stop());

  const call = (
    method: string,
    path: string,
    options: { body?: string; headers?: Record<string, string> } = {},
  ) => {
    const joint = path.includes('?') ? '&' : '?';
    return host.fetch(`${base}/${path}${joint}code=${code}`, { method, ...options });
  };
  const post = (path: string, body?: unknown) =>
    call('POST', path, {
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  const start = async (name: string, id: string, input?: unknown) =>
    (await (await post(`orchestrators/${name}/${id}`, input)).json()) as ManagementUrls;

  test('it wants its system key or the master key', async () => {
    expect((await host.fetch(`${base}/instances`)).status).toBe(401);
    expect((await host.fetch(`${base}/instances?code=${host.keys.functionKeys.default}`)).status).toBe(401);
    expect((await host.fetch(`${base}/instances?code=${code}`)).status).toBe(200);
    const master = { 'x-functions-key': host.ready.masterKey };
    expect((await host.fetch(`${base}/instances`, { headers: master })).status).toBe(200);
  });

  test('POST orchestrators/{name}/{id} starts and answers 202 with links', async () => {
    const response = await post('orchestrators/greet/started', 'World');
    const urls = (await response.json()) as ManagementUrls;
    expect(response.status).toBe(202);
    expect(response.headers.get('retry-after')).toBe('10');
    expect(response.headers.get('location')).toBe(urls.statusQueryGetUri);
    expect(Object.keys(urls)).toEqual([
      ...['id', 'statusQueryGetUri', 'sendEventPostUri', 'terminatePostUri', 'purgeHistoryDeleteUri'],
      ...['restartPostUri', 'suspendPostUri', 'resumePostUri'],
    ]);
    expect(urls.statusQueryGetUri).toBe(
      `${host.ready.url}${base}/instances/started?taskHub=FixtureHub&connection=Storage&code=${code}`,
    );
    await client.untilStatus('started', 'Completed');
  });

  test('function names do not look at case; unknown ones are 400 and name the known', async () => {
    expect((await post('orchestrators/GREET/upper', 'x')).status).toBe(202);
    const response = await post('orchestrators/nobody');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ ExceptionMessage: expect.stringContaining("'greet'") });
    expect((await call('POST', 'orchestrators/greet', { body: '{' })).status).toBe(400);
    expect((await call('GET', 'orchestrators/greet')).status).toBe(404);
  });

  test('start can wait for the end', async () => {
    const done = await post('orchestrators/greet/waited?timeout=5&pollingInterval=0.02', 'you');
    expect([done.status, await done.json()]).toEqual([200, 'Hello, you! (string)']);
    const late = await post('orchestrators/waitsForEvent/waited-2?timeout=0.05&pollingInterval=0.02');
    expect([late.status, late.headers.get('retry-after')]).toEqual([202, '10']);
    const wrong = await post('orchestrators/greet/waited-3?timeout=1&pollingInterval=2');
    expect(wrong.status).toBe(400);
  });

  test('status is 202 with Location while it runs and 200 once it ended', async () => {
    await start('waitsForEvent', 'status', { a: 1 });
    const running = await until(async () => {
      const response = await call('GET', 'instances/status');
      const status = (await response.clone().json()) as Status;
      return status.runtimeStatus === 'Running' ? response : undefined;
    });
    expect(running.status).toBe(202);
    expect(running.headers.get('retry-after')).toBe('5');
    expect(running.headers.get('location')).toContain('/instances/status');
    expect(await running.json()).toMatchObject({ name: 'waitsForEvent', input: { a: 1 }, output: null });
    await post('instances/status/raiseEvent/Go', 'now');
    await client.untilStatus('status', 'Completed');
    const ended = await call(
      'GET',
      'instances/status?showInput=false&showHistory=true&showHistoryOutput=true',
    );
    const status = (await ended.json()) as Status;
    expect(ended.status).toBe(200);
    expect(status).toMatchObject({ runtimeStatus: 'Completed', input: null, output: { received: 'now' } });
    expect(status.createdTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(status.historyEvents?.map((event) => event['EventType'])).toEqual(
      expect.arrayContaining(['ExecutionStarted', 'EventRaised', 'ExecutionCompleted']),
    );
    expect((await call('GET', 'instances/no-such')).status).toBe(404);
  });

  test('a failed instance is 200, or 500 when asked for', async () => {
    await start('failing', 'failed');
    await client.untilStatus('failed', 'Failed');
    expect((await call('GET', 'instances/failed')).status).toBe(200);
    expect((await call('GET', 'instances/failed?returnInternalServerErrorOnFailure=true')).status).toBe(500);
  });

  test('raiseEvent: 202, 400 unless JSON, 404 unknown, 410 ended', async () => {
    await start('waitsForEvent', 'events');
    const asText = { body: 'text', headers: { 'content-type': 'text/plain' } };
    expect((await call('POST', 'instances/events/raiseEvent/Go', asText)).status).toBe(400);
    const notJson = { body: '{', headers: { 'content-type': 'application/json' } };
    expect((await call('POST', 'instances/events/raiseEvent/Go', notJson)).status).toBe(400);
    expect((await post('instances/none/raiseEvent/Go', 1)).status).toBe(404);
    expect((await post('instances/events/raiseEvent/Go', { n: 1 })).status).toBe(202);
    expect((await client.untilStatus('events', 'Completed')).output).toEqual({ received: { n: 1 } });
    expect((await post('instances/events/raiseEvent/Go', 1)).status).toBe(410);
  });

  test.each(['terminate', 'suspend', 'resume'])(
    '%s: 202 while it runs, 404 unknown, 410 ended',
    async (operation) => {
      const id = `control-${operation}`;
      await start('waitsForEvent', id);
      await client.untilStatus(id, 'Running');
      expect((await post(`instances/none/${operation}?reason=x`)).status).toBe(404);
      expect((await post(`instances/${id}/${operation}?reason=x`)).status).toBe(202);
      await post(`instances/${id}/terminate?reason=end`);
      await client.untilStatus(id, 'Terminated');
      expect((await post(`instances/${id}/${operation}?reason=x`)).status).toBe(410);
    },
  );

  test('rewind is an honest 501 for a failed instance', async () => {
    await start('failing', 'rewind');
    await client.untilStatus('rewind', 'Failed');
    expect((await post('instances/rewind/rewind?reason=x')).status).toBe(501);
    expect((await post('instances/none/rewind?reason=x')).status).toBe(404);
  });

  test('restart runs it again, under a new id or the same', async () => {
    await start('greet', 'again', 'x');
    await client.untilStatus('again', 'Completed');
    const anew = (await (await post('instances/again/restart')).json()) as ManagementUrls;
    expect(anew.id).not.toBe('again');
    expect((await client.untilStatus(anew.id, 'Completed')).output).toBe('Hello, x! (string)');
    const same = await post('instances/again/restart?restartWithNewInstanceId=false');
    expect(((await same.json()) as ManagementUrls).id).toBe('again');
    await client.untilStatus('again', 'Completed');
    expect((await post('instances/none/restart')).status).toBe(400);
  });

  test('lists come in pages, each naming the next', async () => {
    for (const number of [1, 2, 3, 4, 5]) await start('waitsForEvent', `paged-${number}`);
    const ids: string[] = [];
    let token: string | null = '';
    let pages = 0;
    do {
      const headers: Record<string, string> = token ? { 'x-ms-continuation-token': token } : {};
      const page = await call('GET', 'instances?instanceIdPrefix=paged-&top=2', { headers });
      ids.push(...((await page.json()) as Status[]).map(({ instanceId }) => instanceId));
      token = page.headers.get('x-ms-continuation-token');
      pages += 1;
    } while (token && pages < 10);
    expect(ids.sort()).toEqual(['paged-1', 'paged-2', 'paged-3', 'paged-4', 'paged-5']);
    expect(pages).toBeGreaterThanOrEqual(3);
  });

  test('lists filter by status and time, without a look at the case of parameter names', async () => {
    await start('greet', 'filter-1', 'x');
    await client.untilStatus('filter-1', 'Completed');
    const list = async (query: string) =>
      ((await (await call('GET', `instances?instanceIdPrefix=filter-&${query}`)).json()) as Status[]).length;
    expect(await list('runtimeStatus=Completed,Failed')).toBe(1);
    expect(await list('RUNTIMESTATUS=Running')).toBe(0);
    expect(await list('createdTimeTo=2000-01-01T00:00:00Z')).toBe(0);
    expect(await list('createdTimeFrom=2000-01-01T00:00:00Z')).toBe(1);
  });

  test('purge: one by id, many by filter, 404 for none', async () => {
    await start('greet', 'purged', 'x');
    await client.untilStatus('purged', 'Completed');
    const one = await call('DELETE', 'instances/purged');
    expect([one.status, await one.json()]).toEqual([200, { instancesDeleted: 1 }]);
    expect((await call('DELETE', 'instances/purged')).status).toBe(404);
    expect((await call('DELETE', 'instances')).status).toBe(400);
    const past = 'createdTimeFrom=2000-01-01T00:00:00Z&createdTimeTo=2000-01-02T00:00:00Z';
    expect((await call('DELETE', `instances?${past}`)).status).toBe(404);
    await start('greet', 'purged-2', 'x');
    await client.untilStatus('purged-2', 'Completed');
    const many = await call(
      'DELETE',
      'instances?createdTimeFrom=2000-01-01T00:00:00Z&runtimeStatus=Completed',
    );
    expect(many.status).toBe(200);
    expect((await call('GET', 'instances/purged-2')).status).toBe(404);
  });

  test('entities are signalled, read as JSON, listed and deleted', async () => {
    expect((await call('GET', 'entities/Counter/none')).status).toBe(404);
    expect((await post('entities/Counter/one?op=add', 2)).status).toBe(202);
    const read = await until(async () => {
      const response = await call('GET', 'entities/counter/one');
      return response.status === 200 ? response : undefined;
    });
    expect(await read.text()).toBe('2');
    const list = (await (await call('GET', 'entities/Counter?fetchState=true')).json()) as object[];
    expect(list).toContainEqual(
      expect.objectContaining({ entityId: { name: 'counter', key: 'one' }, state: 2 }),
    );
    expect((await post('entities/Nobody/one?op=add', 2)).status).toBe(400);
    expect((await call('DELETE', 'entities/Counter/one')).status).toBe(202);
    await until(async () => ((await call('GET', 'entities/Counter/one')).status === 404 ? true : undefined));
  });

  test('another task hub is refused, not taken for this one', async () => {
    expect((await call('GET', 'instances?taskHub=OtherHub')).status).toBe(400);
    expect((await call('GET', 'instances?taskHub=fixturehub')).status).toBe(200);
  });

  test('ids with characters a URL escapes are found again', async () => {
    const urls = await start('waitsForEvent', encodeURIComponent('scale-set:rg one:näme'));
    expect(urls.id).toBe('scale-set:rg one:näme');
    const status = (await (await fetch(urls.statusQueryGetUri)).json()) as Status;
    expect(status.instanceId).toBe('scale-set:rg one:näme');
  });

  test('unknown paths are 404', async () => {
    for (const path of ['', 'nothing', 'instances/a/b/c/d', 'instances/a/unheard']) {
      expect((await call('POST', path)).status).toBe(404);
    }
  });
});

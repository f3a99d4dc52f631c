import { ClientInApp, type ManagementUrls, type Status } from './support/durable-client';
import { HostProcess, until } from './support/host-process';

describe('durable-functions and its client on the host', () => {
  let host: HostProcess;
  let client: ClientInApp;
  beforeAll(async () => {
    host = await HostProcess.start('durable-app', { args: ['--control'] });
    client = new ClientInApp(host);
  });
  afterAll(() => host.stop());

  const outputOf = async (name: string, id: string, input?: unknown) => {
    await client.start(name, id, input);
    return (await client.untilStatus(id, 'Completed')).output;
  };

  test('an orchestration with an activity completes, with input, output and custom status', async () => {
    await client.start('greet', 'greet-1', 'World');
    expect(await client.untilStatus('greet-1', 'Completed')).toMatchObject({
      name: 'greet',
      instanceId: 'greet-1',
      input: 'World',
      output: 'Hello, World! (string)',
      customStatus: { greeting: 'World' },
    });
  });

  test('an instance without a given id gets one', async () => {
    expect(await client.call('start', { name: 'greet', input: 'x' })).toMatch(/^[0-9a-f]{32}$/);
  });

  test('inputs of activities keep their types', async () => {
    const inputs = ['5', 'true', 5, 1.5, true, { a: '1' }, [1, 2], '{"x":1}', ''];
    const outputs = (await outputOf('echoes', 'echoes-1', [...inputs, null])) as {
      type: string;
      value: unknown;
    }[];
    expect(outputs.slice(0, -1).map(({ value }) => value)).toEqual(inputs);
    expect(outputs.map(({ type }) => type)).toEqual([
      ...['string', 'string', 'number', 'number', 'boolean', 'object', 'object', 'string', 'string'],
      'undefined',
    ]);
  });

  test('an activity is told the instance it works for', async () => {
    expect(await outputOf('whoAmI', 'who-1')).toEqual({ mine: 'who-1', activity: 'who-1' });
  });

  test('activities fan out, sub-orchestrations and entities are called', async () => {
    expect(await outputOf('fanOut', 'fan-1', 100)).toBe(100);
    expect(await outputOf('parent', 'parent-1')).toBe('Hello, child! (string)');
    expect(await outputOf('counts', 'counts-1')).toBe(5);
  });

  test('a failing activity fails its orchestration with the message, or is caught', async () => {
    await client.start('failing', 'failing-1');
    const failed = await client.untilStatus('failing-1', 'Failed');
    expect(failed.output).toContain("Activity function 'fails' failed: the activity is broken");
    expect(await outputOf('catching', 'catching-1')).toContain('caught: ');
  });

  test('an event raised through the client is received; unknown instances are told', async () => {
    await client.start('waitsForEvent', 'event-1');
    await client.call('raise', { id: 'event-1', event: 'Go', data: { n: [1] } });
    expect((await client.untilStatus('event-1', 'Completed')).output).toEqual({ received: { n: [1] } });
    await expect(client.call('raise', { id: 'no-such', event: 'Go', data: 1 })).rejects.toThrow(
      "No instance with ID 'no-such' found.",
    );
  });

  test('an instance is terminated, with its reason as output', async () => {
    await client.start('waitsForEvent', 'terminate-1');
    await client.call('terminate', { id: 'terminate-1', reason: 'no longer needed' });
    expect((await client.untilStatus('terminate-1', 'Terminated')).output).toBe('no longer needed');
  });

  test('a suspended instance waits with its events until it is resumed', async () => {
    await client.start('waitsForEvent', 'suspend-1');
    await client.untilStatus('suspend-1', 'Running');
    await client.call('suspend', { id: 'suspend-1', reason: 'hold on' });
    await client.untilStatus('suspend-1', 'Suspended');
    await client.call('raise', { id: 'suspend-1', event: 'Go', data: 'later' });
    expect((await client.status('suspend-1')).runtimeStatus).toBe('Suspended');
    await client.call('resume', { id: 'suspend-1', reason: 'go on' });
    expect((await client.untilStatus('suspend-1', 'Completed')).output).toEqual({ received: 'later' });
  });

  test('rewind says that it is not supported', async () => {
    await client.start('failing', 'rewind-1');
    await client.untilStatus('rewind-1', 'Failed');
    await expect(client.call('rewind', { id: 'rewind-1', reason: 'again' })).rejects.toThrow('not supported');
  });

  test('a purged instance is gone', async () => {
    await outputOf('greet', 'purge-1', 'x');
    expect(await client.call('purge', { id: 'purge-1' })).toEqual({ instancesDeleted: 1 });
    await expect(client.status('purge-1')).rejects.toThrow('HTTP 404');
    expect(await client.call('purge', { id: 'purge-1' })).toEqual({ instancesDeleted: 0 });
  });

  test('instances are listed and filtered by status and time', async () => {
    await outputOf('greet', 'list-1', 'x');
    await client.start('waitsForEvent', 'list-2');
    await client.untilStatus('list-2', 'Running');
    const ids = (all: Status[]) => all.map(({ instanceId }) => instanceId);
    expect(ids(await client.call('statusAll'))).toEqual(expect.arrayContaining(['list-1', 'list-2']));
    const filter = { from: '2000-01-01', to: '2100-01-01', statuses: ['Running'] };
    const running = ids(await client.call('statusBy', filter));
    expect(running).toContain('list-2');
    expect(running).not.toContain('list-1');
  });

  test('finished instances are purged by filter', async () => {
    await outputOf('greet', 'purge-by-1', 'x');
    const purged = await client.call<{ instancesDeleted: number }>('purgeBy', {
      from: '2000-01-01',
      statuses: ['Completed'],
    });
    expect(purged.instancesDeleted).toBeGreaterThan(0);
    await expect(client.status('purge-by-1')).rejects.toThrow('HTTP 404');
  });

  test('an entity is signalled and read', async () => {
    const entity = { name: 'Counter', key: 'signalled' };
    expect(await client.call('readEntity', entity)).toMatchObject({ entityExists: false });
    await client.call('signal', { ...entity, operation: 'add', data: 3 });
    await client.call('signal', { ...entity, operation: 'add', data: 4 });
    const state = await until(async () => {
      const read = await client.call<{ entityState: number }>('readEntity', entity);
      return read.entityState === 7 ? read : undefined;
    });
    expect(state).toMatchObject({ entityExists: true, entityState: 7 });
  });

  test('a second start of a running instance is refused, of a finished one taken', async () => {
    await client.start('waitsForEvent', 'twice');
    await client.untilStatus('twice', 'Running');
    await expect(client.start('greet', 'twice', 'x')).rejects.toThrow('409');
    await client.call('terminate', { id: 'twice', reason: 'over' });
    await client.untilStatus('twice', 'Terminated');
    expect(await outputOf('greet', 'twice', 'again')).toBe('Hello, again! (string)');
  });

  test.each([
    ['nobody', 'ok', "The function 'nobody' doesn't exist"],
    ['greet', '@at', 'must not start with @'],
    ['greet', 'x'.repeat(101), 'must not exceed 100 characters'],
  ])('starting %s as "%s" is refused with the reason', async (name, id, reason) => {
    await expect(client.start(name, id)).rejects.toThrow(reason);
  });

  test('createCheckStatusResponse answers 202 with URLs that work', async () => {
    const response = await host.postJson('/api/startAndCheck', 'you');
    expect(response.status).toBe(202);
    expect(response.headers.get('retry-after')).toBe('10');
    const urls = (await response.json()) as ManagementUrls;
    expect(response.headers.get('location')).toBe(urls.statusQueryGetUri);
    const status = await until(async () => {
      const answer = await fetch(urls.statusQueryGetUri);
      return answer.status === 200 ? ((await answer.json()) as Status) : undefined;
    });
    expect(status).toMatchObject({ runtimeStatus: 'Completed', output: 'Hello, you! (string)' });
  });

  test('waitForCompletionOrCreateCheckStatusResponse answers the output', async () => {
    expect(await (await host.postJson('/api/startAndWait', 'you')).json()).toBe('Hello, you! (string)');
  });

  test('the client binding is what the extension gives', async () => {
    const binding = await host.json<Record<string, unknown>>('/api/rawBinding');
    const base = `${host.ready.url}/runtime/webhooks/durabletask`;
    expect(binding).toMatchObject({
      taskHubName: 'FixtureHub',
      baseUrl: base,
      requiredQueryStringParameters: `code=${host.keys.systemKeys.durabletask_extension}`,
      rpcBaseUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/.*\/$/),
      creationUrls: {
        createNewInstancePostUri: expect.stringContaining(
          `${base}/orchestrators/{functionName}[/{instanceId}]`,
        ),
      },
      managementUrls: {
        id: 'INSTANCEID',
        sendEventPostUri: expect.stringContaining('/raiseEvent/{eventName}?'),
      },
    });
    expect(await (await host.fetch('/api/convenient')).text()).toBe('FixtureHub');
  });

  test('a timer of a day is passed by stepping the clock', async () => {
    await client.start('sleepsADay', 'day-1');
    await client.untilStatus('day-1', 'Running');
    const advanced = await host.postJson(
      '/admin/muster-host/clock',
      { advanceMs: 25 * 3600 * 1000 },
      { 'x-functions-key': host.ready.masterKey },
    );
    expect(advanced.status).toBe(200);
    expect((await client.untilStatus('day-1', 'Completed')).output).toBe('a day later');
  });
});

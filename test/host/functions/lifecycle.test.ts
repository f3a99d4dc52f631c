import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ClientInApp } from './support/durable-client';
import { HostProcess, until } from './support/host-process';

describe('starting and stopping the host', () => {
  test('one line of JSON on stdout says that it is ready', async () => {
    const host = await HostProcess.start('http-app');
    await host.fetch('/api/logs');
    const { ready, url, masterKey, functions } = JSON.parse(host.stdout.trim()) as HostProcess['ready'];
    expect([ready, new URL(url).hostname, masterKey]).toEqual([true, '127.0.0.1', host.keys.masterKey]);
    expect(functions).toContainEqual(
      expect.objectContaining({ name: 'whole', trigger: 'http', url: `${url}/api/items/{id:int}` }),
    );
    expect(host.stderr).toContain('serves this one machine only');
    expect(await host.stop()).toBe(0);
    expect(host.stdout.trim().split('\n')).toHaveLength(1);
    expect(host.stderr).toContain('the app is told to terminate');
    expect(host.stderr).toContain('information Host.Function.Console straight to stdout');
  });

  test('the app finds the settings and names Azure gives it, already while it is loaded', async () => {
    const host = await HostProcess.start('http-app', { env: { WEBSITE_HOSTNAME: 'stale:1' } });
    const { host: address } = new URL(host.ready.url);
    expect(await host.json('/api/environment')).toEqual({
      greeting: 'from local.settings.json',
      environment: 'Development',
      runtime: 'node',
      hostname: address,
      hostnameAtLoad: address,
    });
    await host.stop();
  });

  test('every problem of an app is told at once, and it is not served', async () => {
    const { code, stderr } = await HostProcess.run('broken-app');
    expect(code).toBe(1);
    for (const problem of [
      'extensions.queues.batchSize must be a whole number from 1 to 32',
      'Functions "first" and "second" both take GET on route "same/{another}"',
      'Function "badRoute": route "a/{b:unheard}" is invalid: constraint "unheard" is unknown',
      'Function "badCron": schedule "0 61 * * * *" is invalid',
      'Function "bus": trigger type "serviceBusTrigger" is not one this host has',
      'Function "badQueue": queueName "no_such_name" is no name a storage queue can have',
      'Function "badQueue": the connection setting "NotSet" does not exist',
      'Function "badOutput": output binding "documents" has type "cosmosDB", which this host does not have',
      'Function "badOutput": input binding "picture" has type "blob", which this host does not have',
    ]) {
      expect(stderr).toContain(problem);
    }
  });

  test('a folder without an app, and missing arguments, are told', async () => {
    expect(await HostProcess.run('.')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('package.json'),
    });
    expect(await HostProcess.run('http-app', { args: ['--port', 'many'] })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--port many is no port'),
    });
  });

  test('keys are made once and kept', async () => {
    const stateDirectory = mkdtempSync(path.join(tmpdir(), 'muster-keys-'));
    const first = await HostProcess.start('http-app', { stateDirectory });
    const { keys } = first;
    await first.stop();
    const second = await HostProcess.start('http-app', { stateDirectory });
    expect(second.keys).toEqual(keys);
    const headers = { 'x-functions-key': keys.functionKeys.default };
    expect((await second.fetch('/api/keyed', { headers })).status).toBe(200);
    await second.stop();
    rmSync(stateDirectory, { recursive: true });
  });

  test('a state folder belongs to one host at a time', async () => {
    const host = await HostProcess.start('http-app');
    const second = await HostProcess.run('http-app', { stateDirectory: host.stateDirectory });
    expect(second).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('another host is using the state folder'),
    });
    await host.stop();
  });

  test('a switched-off function is not served', async () => {
    const host = await HostProcess.start('http-app', { env: { 'AzureWebJobs.open.Disabled': 'true' } });
    expect((await host.fetch('/api/open')).status).toBe(404);
    const functions = await host.json<object[]>('/admin/functions', {
      headers: { 'x-functions-key': host.ready.masterKey },
    });
    expect(functions).toContainEqual(expect.objectContaining({ name: 'open', isDisabled: true }));
    await host.stop();
  });

  test('an error of the app that nobody catches is logged, and the host goes on', async () => {
    const host = await HostProcess.start('http-app');
    await host.fetch('/api/unhandled');
    await until(
      () => host.stderr.includes('Uncaught exception: Error: thrown where nobody catches') || undefined,
    );
    await until(() => host.stderr.includes('rejection: Error: rejected where nobody looks') || undefined);
    expect(await (await host.fetch('/api/text')).text()).toBe('hällo');
    expect(await host.stop()).toBe(0);
  });

  test('an app of ES modules is served too', async () => {
    const host = await HostProcess.start('esm-app');
    expect(await host.json('/hello/you')).toEqual({ hello: 'you' });
    await host.stop();
  });

  test('SIGTERM lets running functions finish and takes no new ones', async () => {
    const host = await HostProcess.start('http-app');
    const slow = host.fetch('/api/slow?ms=600');
    await until(() => host.stderr.includes('slow function has started') || undefined);
    host.signal('SIGTERM');
    await until(() => host.stderr.includes('SIGTERM: waiting') || undefined);
    await expect(host.fetch('/api/text').then(({ status }) => status)).rejects.toThrow();
    expect(await (await slow).text()).toBe('slow but done');
    expect(await host.exited()).toBe(0);
  });

  test('a second signal does not wait', async () => {
    const host = await HostProcess.start('http-app');
    const slow = host.fetch('/api/slow?ms=60000').catch(() => 'cut off');
    await until(() => host.stderr.includes('slow function has started') || undefined);
    host.signal('SIGINT');
    await until(() => host.stderr.includes('SIGINT: waiting') || undefined);
    host.signal('SIGINT');
    expect(await host.exited()).toBe(1);
    expect(await slow).toBe('cut off');
  });

  test('an orchestration goes on after the host was killed', async () => {
    const stateDirectory = mkdtempSync(path.join(tmpdir(), 'muster-kill-'));
    const first = await HostProcess.start('durable-app', { stateDirectory });
    await new ClientInApp(first).start('waitsForEvent', 'survivor');
    await new ClientInApp(first).untilStatus('survivor', 'Running');
    await first.kill();
    const second = await HostProcess.start('durable-app', { stateDirectory });
    const client = new ClientInApp(second);
    await client.call('raise', { id: 'survivor', event: 'Go', data: 'still here' });
    expect((await client.untilStatus('survivor', 'Completed')).output).toEqual({ received: 'still here' });
    await second.stop();
    rmSync(stateDirectory, { recursive: true });
  });
});

describe('logging', () => {
  let host: HostProcess;
  beforeAll(async () => {
    host = await HostProcess.start('http-app');
  });
  afterAll(() => host.stop());

  const linesOf = async (name: string) => {
    const id = await (await host.fetch(`/api/${name}`)).text();
    return host.stderr.split('\n').filter((line) => line.includes(`[${id}]`));
  };

  test('what a function logs is one line each, with level, function and invocation', async () => {
    const lines = await until(async () => {
      const found = await linesOf('logs');
      return found.length >= 6 ? found : undefined;
    });
    const texts = lines.map((line) => line.replace(/^\S+ /, '').replace(/\[[0-9a-f-]+\] /, ''));
    expect(texts).toEqual(
      expect.arrayContaining([
        "information Function.logs.User information from { the: 'context' }",
        'error Function.logs.User error from the context\\nwith a second line',
        'information Function.logs.User from the console',
      ]),
    );
    expect(texts.join('\n')).not.toContain('debug from the context');
  });

  test('a log hook may change what is logged', async () => {
    expect((await linesOf('logs')).join('\n')).toContain('a ****** in a log line');
  });

  test('the level host.json gives one function holds for that function', async () => {
    const lines = await linesOf('quiet');
    expect(lines.map((line) => line.split(' ')[1])).toEqual(['error']);
  });

  test('--quiet logs nothing', async () => {
    const quiet = await HostProcess.start('http-app', { args: ['--quiet'] });
    await quiet.fetch('/api/logs');
    expect(quiet.stderr).toBe('');
    await quiet.stop();
  });
});

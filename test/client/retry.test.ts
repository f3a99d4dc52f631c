import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configured, Muster, MusterClient, MusterError } from '../../client';
import { defaultRetry, pauseMs, retryAfterMs } from '../../client/retry';

interface Call {
  method: string | undefined;
  headers: IncomingHttpHeaders;
}
type Answer = (response: ServerResponse) => void;

let server: Server;
let url: string;
let calls: Call[];
let answers: Answer[];
const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(status, headers).end(JSON.stringify(body));
const cut: Answer = (response) => void response.socket?.destroy();
/** Says that more bytes come than do. */
const cutWithin: Answer = (response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('{"id":', () => response.socket?.destroy());
};

beforeEach(async () => {
  calls = [];
  answers = [];
  server = createServer((incoming, response) => {
    calls.push({ method: incoming.method, headers: incoming.headers });
    incoming.resume().once('end', () => (answers.shift() ?? json(200, { id: 'job-1' }))(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const retry = { baseDelayMs: 2 };
const client = (): MusterClient => new MusterClient({ url, key: 'k', retry });
const busy = json(503, { error: { code: 'Busy', message: 'Later.' } });

describe('a call that may be repeated', () => {
  test.each<[string, Answer]>([
    ['is not carried out for now', busy],
    ['comes too often', json(429, {}, { 'retry-after': '0' })],
    ['ends without an answer', cut],
    ['breaks off in its answer', cutWithin],
  ])('is repeated where it %s', async (_, answer) => {
    answers = [answer, answer];
    expect(await client().getJob('job-1')).toEqual({ id: 'job-1' });
    expect(calls).toHaveLength(3);
  });

  test('is given up after so many attempts, with the last answer', async () => {
    answers = [busy, busy, busy];
    const bounded = new MusterClient({ url, key: 'k', retry: { ...retry, attempts: 3 } });
    await expect(bounded.getJob('job-1')).rejects.toMatchObject({ status: 503, code: 'Busy' });
    expect(calls).toHaveLength(3);
  });

  test('waits as long as the server asks', async () => {
    answers = [json(503, {}, { 'retry-after': '1' })];
    const startedAt = Date.now();
    await client().getJob('job-1');
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(990);
  });

  test('is not repeated where the answer would be the same', async () => {
    answers = [json(400, { error: { code: 'InvalidRequest', message: 'No.' } })];
    await expect(client().putScaleSet('a', { template: 'a', capacity: 1 })).rejects.toMatchObject({
      status: 400,
    });
    expect(calls).toHaveLength(1);
  });

  test('ends with its signal, also between two attempts', async () => {
    const stop = new AbortController();
    const later: Answer = (response) => {
      json(503, {}, { 'retry-after': '60' })(response);
      setTimeout(() => stop.abort(new Error('enough')), 50);
    };
    answers = [later];
    const call = client().withSignal(stop.signal).getJob('job-1');
    await expect(call).rejects.toThrow('enough');
    expect(calls).toHaveLength(1);
  });
});

test('a POST is repeated with its Idempotency-Key, and never without', async () => {
  const request = { target: { scaleSet: 'a' }, run: { program: 'true' } };
  answers = [cut];
  await expect(client().submitJob(request)).rejects.toMatchObject({ status: 0, code: 'Unreachable' });
  expect(calls).toHaveLength(1);
  answers = [cut, busy];
  expect((await new Muster({ url, key: 'k', retry }).submit(request)).id).toBe('job-1');
  const keys = calls.slice(1).map(({ headers }) => headers['idempotency-key']);
  expect(keys).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), keys[0], keys[0]]);
});

test('a removal whose answer was lost is done, though nothing is there any more', async () => {
  answers = [cut, json(404, { error: { code: 'ScaleSetNotFound', message: 'Gone.' } })];
  await expect(client().deleteScaleSet('a')).resolves.toBeUndefined();
  answers = [json(404, { error: { code: 'ScaleSetNotFound', message: 'Gone.' } })];
  await expect(client().deleteScaleSet('a')).rejects.toMatchObject({ status: 404 });
});

test('a refusal tells its code, its target and every problem', async () => {
  const details = [{ code: 'InvalidField', message: 'is too large.', target: 'capacity' }];
  answers = [json(409, { error: { code: 'AlreadyExists', message: 'No.', target: 'name', details } })];
  const error = await client()
    .putManifest({ subscriptionId: '', resourceGroup: '' })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MusterError);
  expect(error).toMatchObject({
    status: 409,
    code: 'AlreadyExists',
    target: 'name',
    details,
    message: 'No.',
  });
});

describe('pauses', () => {
  test.each([
    [1, 0, 125],
    [1, 1, 250],
    [2, 1, 500],
    [6, 1, 8000],
    [9, 0, 5000],
  ])('after attempt %i, by chance %d: %d ms', (attempt, random, ms) => {
    expect(pauseMs(attempt, defaultRetry, { random })).toBe(ms);
  });

  test('are as long as the server asks, a minute at most', () => {
    expect(pauseMs(1, defaultRetry, { random: 0, retryAfterMs: 7000 })).toBe(7000);
    expect(pauseMs(1, defaultRetry, { random: 0, retryAfterMs: 86_400_000 })).toBe(60_000);
  });

  test.each([
    ['5', 5000],
    ['Thu, 01 Jan 1970 00:00:09 GMT', 9000],
    ['soon', undefined],
    [null, undefined],
  ])('a Retry-After of %s is %p ms', (header, ms) => {
    expect(retryAfterMs(header, 0)).toBe(ms);
  });
});

describe('configuration', () => {
  test('comes from options, then from the environment', () => {
    const environment = { MUSTER_URL: 'https://env', MUSTER_KEY: 'env', MUSTER_TOKEN_FILE: '/token' };
    expect(configured({}, environment)).toMatchObject({ url: 'https://env', key: 'env' });
    expect(configured({ url: 'https://given', key: 'given' }, environment)).toMatchObject({
      url: 'https://given',
      key: 'given',
    });
    expect(configured({}, { ...environment, MUSTER_KEY: '' })).toMatchObject({ tokenFile: '/token' });
  });

  test('that lacks something names all that is missing', () => {
    expect(() => configured({}, {})).toThrow(/MUSTER_URL[^]*MUSTER_KEY[^]*MUSTER_TOKEN_FILE/);
    expect(() => configured({ url: 'ftp://x', key: 'k' }, {})).toThrow("'ftp://x' is no URL");
  });

  test('with a token file sends the token that stands there at each call', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-token-'));
    const tokenFile = join(folder, 'token');
    const within = new MusterClient({ url, tokenFile, retry });
    for (const token of ['first', 'second']) {
      writeFileSync(tokenFile, `${token}\n`);
      await within.getJob('job-1');
    }
    expect(calls.map(({ headers }) => [headers.authorization, headers['x-functions-key']])).toEqual([
      ['Bearer first', undefined],
      ['Bearer second', undefined],
    ]);
    rmSync(folder, { recursive: true });
    await expect(within.getJob('job-1')).rejects.toMatchObject({ code: 'NotConfigured' });
  });
});

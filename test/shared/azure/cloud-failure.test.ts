import { connectArm, createCompute } from '../../../shared/azure';
import { CloudFailure } from '../../../shared/errors';
import { startFakeArm, type FakeArm, type ScriptedAnswer } from './fake-arm';

const subscriptionId = '11111111-1111-1111-1111-111111111111';
const scaleSet = { subscriptionId, resourceGroup: 'group', name: 'cbox' };
const credential = { getToken: async () => ({ token: 't', expiresOnTimestamp: Date.now() + 3_600_000 }) };

let fake: FakeArm;
beforeAll(async () => {
  fake = await startFakeArm();
});
beforeEach(() => fake.reset());
afterAll(() => fake.stop());

async function failureOf(answer: ScriptedAnswer): Promise<CloudFailure> {
  fake.answer(answer);
  const failure: unknown = await createCompute(fake.arm)
    .setCapacity(scaleSet, { capacity: 1, customData: '' })
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CloudFailure);
  expect(fake.requests).toHaveLength(1);
  return failure as CloudFailure;
}

const error = (code: string, message = 'Why.', details?: unknown) => ({ error: { code, message, details } });

describe('an answer of Azure becomes a CloudFailure, after one request', () => {
  test.each([
    [408, 'RequestTimeout', true],
    [429, 'TooManyRequests', true],
    [500, 'InternalServerError', true],
    [503, 'ServerTimeout', true],
    [409, 'Conflict', true],
    [409, 'AnotherOperationInProgress', true],
    [409, 'RetryableError', true],
    [409, 'OperationPreempted', true],
    [400, 'NicReservedForAnotherVm', true],
    [409, 'OperationNotAllowed', false],
    [409, 'SkuNotAvailable', false],
    [409, 'ResourceGroupBeingDeleted', false],
    [400, 'InvalidParameter', false],
    [403, 'AuthorizationFailed', false],
    [404, 'ResourceGroupNotFound', false],
  ])('%d %s: retryable %s', async (status, code, isRetryable) => {
    const failure = await failureOf({ status, body: error(code, 'Why it is so.') });
    expect(failure).toMatchObject({ code, message: 'Why it is so.' });
    expect(failure.details).toEqual({ statusCode: status, retryAfterMs: null, isRetryable });
  });

  test('keeps the code of an exceeded quota apart from that of throttling, which Compute gives the same name', async () => {
    const quota = 'Operation could not be completed as it results in exceeding approved Cores quota.';
    const exceeded = await failureOf({ status: 409, body: error('OperationNotAllowed', quota) });
    expect(exceeded).toMatchObject({ code: 'OperationNotAllowed', message: quota });
    fake.reset();
    const throttled = await failureOf({
      status: 429,
      headers: { 'retry-after': '1200' },
      body: error('OperationNotAllowed', 'The server rejected the request.', [
        { code: 'TooManyRequests', target: 'HighCostGet', message: '{}' },
      ]),
    });
    expect(throttled).toMatchObject({
      code: 'TooManyRequests',
      details: { statusCode: 429, retryAfterMs: 1_200_000, isRetryable: true },
    });
  });

  test('understands a Retry-After that is a date', async () => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    const failure = await failureOf({
      status: 503,
      headers: { 'retry-after': inAMinute },
      body: error('ServerBusy'),
    });
    expect(failure.details.retryAfterMs).toBeGreaterThan(50_000);
    expect(failure.details.retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  test('names the status where the body says nothing', async () => {
    const failure = await failureOf({ status: 502 });
    expect(failure).toMatchObject({ code: 'Http502', details: { isRetryable: true } });
  });

  test('calls a dropped connection a TransportError', async () => {
    const failure = await failureOf({ status: 200, drop: true });
    expect(failure).toMatchObject({
      code: 'TransportError',
      details: { statusCode: null, retryAfterMs: null, isRetryable: true },
    });
  });
});

test('a listener that is not there is a TransportError', async () => {
  const gone = await startFakeArm();
  await gone.stop();
  const failing = createCompute(gone.arm).getScaleSet(scaleSet);
  await expect(failing).rejects.toMatchObject({ code: 'TransportError', details: { isRetryable: true } });
});

test('a credential without a token is an AuthenticationFailed', async () => {
  const refused = Object.assign(new Error('no identity here'), { name: 'CredentialUnavailableError' });
  const without = { getToken: () => Promise.reject(refused) };
  const compute = createCompute(connectArm({ endpoint: fake.url, credential: without }));
  await expect(compute.getScaleSet(scaleSet)).rejects.toMatchObject({
    name: 'CloudFailure',
    code: 'AuthenticationFailed',
    message: 'no identity here',
  });
});

describe('the endpoint', () => {
  test.each(['http://example.com', 'http://10.0.0.1:8080'])('refuses plain http towards %s', (endpoint) => {
    expect(() => connectArm({ endpoint, credential })).toThrow(/loopback/);
  });

  test.each(['https://management.azure.com', 'http://127.0.0.2:8080', 'http://localhost:1'])(
    'takes %s',
    (endpoint) => {
      expect(() => connectArm({ endpoint, credential })).not.toThrow();
    },
  );

  test('has one client per subscription', () => {
    const arm = connectArm({ endpoint: 'https://management.azure.com', credential });
    expect(arm.compute('a')).toBe(arm.compute('A'));
    expect(arm.compute('a')).not.toBe(arm.compute('b'));
    expect(arm.network('a')).toBe(arm.network('a'));
  });
});

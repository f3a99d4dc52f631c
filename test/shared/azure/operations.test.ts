import { createCompute, createNetwork } from '../../../shared/azure';
import { NetworkInterfaceBody } from '../../../shared/contracts';
import { startFakeArm, type FakeArm } from './fake-arm';

const subscriptionId = '11111111-1111-1111-1111-111111111111';
const scaleSet = { subscriptionId, resourceGroup: 'group', name: 'cbox' };
const update = { capacity: 3, customData: 'bmV3' };
const prefix = `/subscriptions/${subscriptionId}/resourceGroups/group/providers`;
const nicBody = NetworkInterfaceBody.parse({
  location: 'westeurope',
  properties: { ipConfigurations: [{ name: 'ip', properties: { subnet: { id: '/subscriptions/s' } } }] },
});

let fake: FakeArm;
beforeAll(async () => {
  fake = await startFakeArm();
});
beforeEach(() => fake.reset());
afterAll(() => fake.stop());

const compute = () => createCompute(fake.arm);
const operationHeaders = () => ({ 'azure-asyncoperation': `${fake.url}/operations/1?p=2&api-version=1` });
const locationHeaders = () => ({ location: `${fake.url}/results/1?monitor=true&api-version=1` });
const poll = (token: string | null) => compute().poll(subscriptionId, token!);
const resource = (provisioningState: string) => ({
  status: 200,
  body: { properties: { provisioningState } },
});

async function submitUpdate(): Promise<string | null> {
  fake.answer({ ...resource('Updating'), headers: operationHeaders() });
  const token = await compute().setCapacity(scaleSet, update);
  expect(fake.requests).toHaveLength(1);
  return token;
}

describe('an operation with a status URL', () => {
  test('is submitted by one request, and asked by one request', async () => {
    const token = await submitUpdate();
    fake.answer({ status: 200, body: { status: 'InProgress' }, headers: { 'retry-after': '7' } });
    expect(await poll(token)).toEqual({ state: 'running', retryAfterMs: 7_000 });
    expect(fake.requests[1]).toMatchObject({
      method: 'GET',
      path: '/operations/1',
      query: { p: '2' },
      authorization: 'Bearer token-1',
    });
    expect(fake.requests).toHaveLength(2);
  });

  test('has succeeded where its resource has', async () => {
    const token = await submitUpdate();
    fake.answer({ status: 200, body: { status: 'Succeeded' } }, resource('Succeeded'));
    expect(await poll(token)).toEqual({ state: 'succeeded' });
    expect(fake.requests[2]?.path).toBe(`${prefix}/Microsoft.Compute/virtualMachineScaleSets/cbox`);
  });

  test('has failed where it succeeded and left its resource Failed', async () => {
    const token = await submitUpdate();
    fake.answer({ status: 200, body: { status: 'Succeeded' } }, resource('Failed'));
    expect(await poll(token)).toMatchObject({ state: 'failed', code: 'ProvisioningFailed' });
  });

  test('has succeeded where another operation has begun on the resource since', async () => {
    const token = await submitUpdate();
    fake.answer({ status: 200, body: { status: 'Succeeded' } }, resource('Updating'));
    expect(await poll(token)).toEqual({ state: 'succeeded' });
  });

  test('runs on where Azure answers 202 and says no more', async () => {
    const token = await submitUpdate();
    fake.answer({ status: 202 });
    expect(await poll(token)).toEqual({ state: 'running', retryAfterMs: null });
  });

  test('fails with the code and message that Azure gives', async () => {
    const token = await submitUpdate();
    const error = { code: 'AllocationFailed', message: 'Allocation failed. No capacity.' };
    fake.answer({ status: 200, body: { status: 'Failed', error } });
    expect(await poll(token)).toEqual({ state: 'failed', ...error });
  });

  test('fails where it was canceled, with or without a reason', async () => {
    const token = await submitUpdate();
    const error = { code: 'OperationPreempted', message: 'Preempted by a more recent operation.' };
    fake.answer({ status: 200, body: { status: 'Canceled', error } });
    expect(await poll(token)).toEqual({ state: 'failed', ...error });
    fake.answer({ status: 200, body: { status: 'Canceled' } });
    expect(await poll(token)).toMatchObject({ state: 'failed', code: 'OperationCanceled' });
  });

  test('rejects where the status cannot be read now, which says nothing of the operation', async () => {
    const token = await submitUpdate();
    fake.answer({
      status: 429,
      headers: { 'retry-after': '40' },
      body: { error: { code: 'TooManyRequests' } },
    });
    await expect(poll(token)).rejects.toMatchObject({
      code: 'TooManyRequests',
      details: { statusCode: 429, retryAfterMs: 40_000, isRetryable: true },
    });
    fake.answer({ status: 200, drop: true });
    await expect(poll(token)).rejects.toMatchObject({
      code: 'TransportError',
      details: { isRetryable: true },
    });
  });

  test('that Azure has forgotten is told by its resource', async () => {
    const token = await submitUpdate();
    fake.answer({ status: 404 }, resource('Succeeded'));
    expect(await poll(token)).toEqual({ state: 'succeeded' });
    fake.answer({ status: 404 }, resource('Updating'));
    expect(await poll(token)).toMatchObject({ state: 'running' });
    fake.answer({ status: 404 }, { status: 404 });
    expect(await poll(token)).toMatchObject({ state: 'failed', code: 'ResourceNotFound' });
  });
});

describe('other ways ARM answers', () => {
  test('a deletion is done when its operation is, without a look at the resource', async () => {
    fake.answer({ status: 202, headers: { ...operationHeaders(), ...locationHeaders() } });
    const token = await compute().deleteScaleSet(scaleSet);
    expect(fake.requests[0]).toMatchObject({ method: 'DELETE', query: { forceDeletion: 'true' } });
    fake.answer({ status: 200, body: { status: 'Succeeded' } });
    expect(await poll(token)).toEqual({ state: 'succeeded' });
    expect(fake.requests).toHaveLength(2);
  });

  test.each([200, 204])('a Location is asked until it answers other than 202, here %d', async (status) => {
    fake.answer({ status: 202, headers: locationHeaders() });
    const token = await compute().deleteScaleSet(scaleSet);
    fake.answer({ status: 202, headers: { 'retry-after': '1' } }, { status });
    expect(await poll(token)).toEqual({ state: 'running', retryAfterMs: 1_000 });
    expect(await poll(token)).toEqual({ state: 'succeeded' });
  });

  test('a PUT without a status URL is told by its resource', async () => {
    fake.answer({ ...resource('Creating'), status: 201 });
    const token = await createNetwork(fake.arm).createNetworkInterface(scaleSet, { body: nicBody, tags: {} });
    fake.answer(resource('Creating'), resource('Succeeded'), resource('Failed'));
    expect(await poll(token)).toEqual({ state: 'running', retryAfterMs: null });
    expect(await poll(token)).toEqual({ state: 'succeeded' });
    expect(await poll(token)).toMatchObject({ state: 'failed' });
  });

  test('a final answer needs no token', async () => {
    fake.answer(resource('Succeeded'));
    expect(await compute().setCapacity(scaleSet, update)).toBeNull();
  });

  test.each([204, 404])('a deletion answered with %d is done', async (status) => {
    fake.answer({ status, ...(status === 404 && { body: { error: { code: 'ResourceNotFound' } } }) });
    expect(await compute().deleteVirtualMachine(scaleSet)).toBeNull();
  });

  test('a token is sent to no other host', async () => {
    const operation = JSON.stringify({ kind: 'operation', url: 'https://example.com/operations/1' });
    await expect(poll(operation)).rejects.toMatchObject({ code: 'UnexpectedFailure' });
    expect(fake.requests).toEqual([]);
  });
});

describe('deleting instances', () => {
  const notActive = {
    status: 400,
    body: {
      error: { code: 'InvalidParameter', message: 'The provided instanceId 3 is not an active instanceId.' },
    },
  };
  const uniform = { status: 200, body: { properties: { orchestrationMode: 'Uniform' } } };
  const instances = (...ids: string[]) => ({
    status: 200,
    body: { value: ids.map((instanceId) => ({ instanceId })) },
  });

  test('is forced, and names them', async () => {
    fake.answer({ status: 202, headers: operationHeaders() });
    expect(await compute().deleteInstances(scaleSet, ['3', '7'])).not.toBeNull();
    expect(fake.requests).toMatchObject([
      { method: 'POST', query: { forceDeletion: 'true' }, body: { instanceIds: ['3', '7'] } },
    ]);
  });

  test('goes on without those that are gone', async () => {
    fake.answer(notActive, uniform, instances('7', '9'), { status: 202, headers: operationHeaders() });
    expect(await compute().deleteInstances(scaleSet, ['3', '7'])).not.toBeNull();
    expect(fake.requests.at(-1)?.body).toEqual({ instanceIds: ['7'] });
  });

  test('is done where all are gone, or the set is', async () => {
    fake.answer(notActive, uniform, instances('9'));
    expect(await compute().deleteInstances(scaleSet, ['3'])).toBeNull();
    fake.answer({ status: 404, body: { error: { code: 'ResourceNotFound' } } });
    expect(await compute().deleteInstances(scaleSet, ['3'])).toBeNull();
  });

  test('is refused where Azure refuses for another reason', async () => {
    fake.answer(notActive, uniform, instances('3'));
    await expect(compute().deleteInstances(scaleSet, ['3'])).rejects.toMatchObject({
      code: 'InvalidParameter',
    });
  });

  test('of none asks nothing', async () => {
    expect(await compute().deleteInstances(scaleSet, [])).toBeNull();
    expect(fake.requests).toEqual([]);
  });
});

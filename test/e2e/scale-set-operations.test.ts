import { startLocalStack, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
  await stack.client.putScaleSet('cbox', {
    template: 'cbox',
    capacity: 1,
    environmentVariables: { API_KEY: 'a-secret' },
  });
}, 90_000);
afterAll(() => stack?.dispose());

const desired = async () => (await stack.client.getScaleSet('cbox'))?.capacity.desired;

test('wait answers once at least so many have enrolled, and in time where they have not', async () => {
  expect(await stack.client.waitForScaleSet('cbox', { timeoutSeconds: 40 })).toBe(true);
  expect(await stack.client.waitForScaleSet('cbox', { atLeast: 0, timeoutSeconds: 0 })).toBe(true);
  expect(await stack.client.waitForScaleSet('cbox', { atLeast: 5, timeoutSeconds: 1 })).toBe(false);
  await expect(stack.client.waitForScaleSet('nowhere')).rejects.toMatchObject({ status: 404 });
});

test('an answer says how it was asked for, but no environment variable', async () => {
  const view = await stack.client.getScaleSet('cbox');
  expect(view?.request).toMatchObject({ template: 'cbox', workersPerInstance: 1 });
  expect(JSON.stringify(view)).not.toContain('a-secret');
});

test('a growth with the same key counts once, resent or raced; the key with another number is 409', async () => {
  const grow = () => stack.client.growScaleSet('cbox', 1, { idempotencyKey: 'one' });
  await Promise.all(Array.from({ length: 6 }, grow));
  await grow();
  expect(await desired()).toBe(2);
  await expect(stack.client.growScaleSet('cbox', 2, { idempotencyKey: 'one' })).rejects.toMatchObject({
    status: 409,
    code: 'IdempotencyKeyReused',
  });
});

test('growths at the same time all count, and so many workers join', async () => {
  await Promise.all(
    ['a', 'b', 'c'].map((key) => stack.client.growScaleSet('cbox', 1, { idempotencyKey: key })),
  );
  expect(await desired()).toBe(5);
  expect(await stack.client.waitForScaleSet('cbox', { timeoutSeconds: 60 })).toBe(true);
  expect((await stack.client.getScaleSet('cbox'))?.capacity.enrolled).toBe(5);
}, 90_000);

test('a growth beyond what a scale set may have, or by nothing, is 400 and changes nothing', async () => {
  await expect(stack.client.growScaleSet('cbox', 999)).rejects.toMatchObject({
    status: 400,
    code: 'CapacityTooLarge',
  });
  await expect(stack.client.growScaleSet('cbox', 0)).rejects.toMatchObject({ status: 400 });
  expect(await desired()).toBe(5);
});

test('waiting for the deletion ends when Azure has confirmed it', async () => {
  expect(await stack.client.waitForScaleSet('cbox', { for: 'deleted', timeoutSeconds: 0 })).toBe(false);
  await stack.client.deleteScaleSet('cbox');
  expect(await stack.client.waitForScaleSet('cbox', { for: 'deleted', timeoutSeconds: 60 })).toBe(true);
  expect(await stack.client.getScaleSet('cbox')).toBeUndefined();
}, 90_000);

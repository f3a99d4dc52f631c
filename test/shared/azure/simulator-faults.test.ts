import { setTimeout as delay } from 'node:timers/promises';
import { ScaleSetBody } from '../../../shared/contracts';
import type { CloudFailure } from '../../../shared/errors';
import type { OperationStatus } from '../../../shared/ports';
import type { CloudUnderTest } from '../../contract/compute.contract';
import { simulatedCloud } from './simulated-cloud';
import { startSimulatorProcess, type RunningSimulator } from './simulator-process';

let simulator: RunningSimulator;
let cloud: CloudUnderTest;
beforeAll(async () => {
  simulator = await startSimulatorProcess();
  cloud = simulatedCloud(simulator);
});
afterEach(async () => {
  await control('DELETE', 'faults');
  await control('POST', 'quota', { location: cloud.location, name: 'cores', limit: 1000 });
});
afterAll(() => simulator.stop());

async function control(method: string, name: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${simulator.url}/control/${name}`, { method, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

async function countOf(operation: string): Promise<number> {
  const { counts } = (await control('GET', 'calls')) as { counts: Record<string, number> };
  return counts[operation] ?? 0;
}

const scaleSet = (name: string) => ({ ...cloud.place, name });

async function create(name: string, capacity = 1): Promise<string | null> {
  const ip = { name: 'ip', properties: { subnet: { id: cloud.subnetId } } };
  const body = ScaleSetBody.parse({
    location: cloud.location,
    sku: { name: cloud.vmSize },
    properties: {
      virtualMachineProfile: {
        storageProfile: { imageReference: cloud.imageReference },
        networkProfile: {
          networkInterfaceConfigurations: [{ name: 'nic', properties: { ipConfigurations: [ip] } }],
        },
      },
    },
  });
  return cloud.compute.createScaleSet(scaleSet(name), {
    body,
    capacity,
    computerNamePrefix: 'c-',
    guest: { adminUsername: 'muster', sshPublicKeys: [], customData: 'I2Nsb3VkLWNvbmZpZwo=' },
    tags: {},
  });
}

/** As an orchestrator does it: while the first creation is under way, Azure refuses the second as a conflict for now. */
async function createWhenTaken(name: string): Promise<string | null> {
  for (const deadline = Date.now() + 20_000; ; await delay(25)) {
    try {
      return await create(name);
    } catch (error) {
      if (!(error as CloudFailure).details.isRetryable || Date.now() > deadline) throw error;
    }
  }
}

async function outcomeOf(token: string | null): Promise<OperationStatus> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await delay(25)) {
    const status = await cloud.compute.poll(cloud.place.subscriptionId, token!);
    if (status.state !== 'running') return status;
  }
  throw new Error('The operation did not end.');
}

test('an allocation that fails after the answer is told by poll, with its code', async () => {
  const asyncError = { code: 'AllocationFailed', message: 'Allocation failed. No capacity.' };
  await control('POST', 'faults', {
    operation: 'virtualMachineScaleSets.createOrUpdate',
    count: 1,
    asyncError,
  });
  expect(await outcomeOf(await create('unlucky'))).toEqual({ state: 'failed', ...asyncError });
});

test('an exceeded quota is refused at once, and is not to be repeated', async () => {
  await control('POST', 'quota', { location: cloud.location, name: 'cores', limit: 2 });
  await expect(create('greedy', 40)).rejects.toMatchObject({
    code: 'OperationNotAllowed',
    message: expect.stringMatching(/quota/i) as unknown,
    details: { statusCode: 409, isRetryable: false },
  });
});

test('throttling says when to come again, after one request', async () => {
  const fault = { status: 429, code: 'TooManyRequests', retryAfterSeconds: 17 };
  await control('POST', 'faults', { operation: 'virtualMachineScaleSets.get', ...fault });
  await control('DELETE', 'calls');
  await expect(cloud.compute.getScaleSet(scaleSet('any'))).rejects.toMatchObject({
    code: 'TooManyRequests',
    details: { statusCode: 429, retryAfterMs: 17_000, isRetryable: true },
  });
  expect(await countOf('virtualMachineScaleSets.get')).toBe(1);
});

test('a creation whose answer is lost may be repeated, and makes one scale set', async () => {
  const operation = 'virtualMachineScaleSets.createOrUpdate';
  await control('POST', 'faults', { operation, count: 1, dropAnswer: true });
  await expect(create('lost')).rejects.toMatchObject({
    code: 'TransportError',
    details: { statusCode: null, isRetryable: true },
  });
  expect(await outcomeOf(await createWhenTaken('lost'))).toEqual({ state: 'succeeded' });
  expect((await cloud.compute.listInstances(scaleSet('lost'))).instances).toHaveLength(1);
});

test('lists every instance where Azure answers in pages', async () => {
  expect(await outcomeOf(await create('paged', 7))).toEqual({ state: 'succeeded' });
  await control('DELETE', 'calls');
  const { instances, pages } = await cloud.compute.listInstances(scaleSet('paged'));
  expect(instances).toHaveLength(7);
  expect(pages).toBe(3);
  expect(await countOf('virtualMachineScaleSets/virtualMachines.list')).toBe(3);
});

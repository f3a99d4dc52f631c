import { restorePoller } from '@azure/arm-compute';
import { FAST, GROUP, openSimulator, type Fixture } from './support/simulator-fixture';
import { uniformSet } from './support/models';

let fixture: Fixture;
let set: string;

beforeEach(async () => {
  fixture = await openSimulator();
  set = `/subscriptions/${fixture.simulator.subscriptionId}/resourceGroups/${GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/a`;
});

afterEach(() => fixture.simulator.close());

const V = '?api-version=2026-04-01';
const emptyFlexible = {
  location: 'westeurope',
  sku: { name: 'Standard_D2s_v5', capacity: 0 },
  properties: { orchestrationMode: 'Flexible', platformFaultDomainCount: 1 },
};

function relative(url: string | null): string {
  return (url ?? '').slice(fixture.simulator.url.length);
}

test('a creation answers 201 Creating with Azure-AsyncOperation only, an update 200 Updating, a deletion 202 with both URLs', async () => {
  const created = await fixture.arm('PUT', set + V, emptyFlexible);
  expect([
    created.status,
    created.headers.has('azure-asyncoperation'),
    created.headers.has('location'),
    created.headers.has('retry-after'),
  ]).toEqual([201, true, false, false]);
  expect(created.body).toMatchObject({ properties: { provisioningState: 'Creating' } });
  await untilSettled();
  const updated = await fixture.arm('PATCH', set + V, { tags: { a: 'b' } });
  expect([
    updated.status,
    updated.headers.has('azure-asyncoperation'),
    updated.headers.has('location'),
  ]).toEqual([200, true, false]);
  expect(updated.body).toMatchObject({ properties: { provisioningState: 'Updating' } });
  await untilSettled();
  const deleted = await fixture.arm('DELETE', set + V);
  expect([
    deleted.status,
    deleted.body,
    deleted.headers.has('azure-asyncoperation'),
    deleted.headers.has('location'),
  ]).toEqual([202, undefined, true, true]);
});

async function untilSettled(): Promise<void> {
  for (;;) {
    const { body } = await fixture.arm('GET', set + V);
    if ((body as { properties: { provisioningState: string } }).properties.provisioningState === 'Succeeded')
      return;
  }
}

test('the operation resource says InProgress without an end, then Succeeded; the monitor 202, then 200 without a body', async () => {
  await fixture.control('POST', 'boot-delay', { operationDelayMs: 60_000 });
  await fixture.arm('PUT', set + V, emptyFlexible);
  await fixture.control('POST', 'clock', { advanceMs: 60_000 });
  const accepted = await fixture.arm('POST', `${set}/restart${V}`);
  const status = relative(accepted.headers.get('azure-asyncoperation'));
  const monitor = relative(accepted.headers.get('location'));
  expect(accepted.headers.get('retry-after')).toBe('10');
  const running = await fixture.arm('GET', status);
  expect(running.body).toMatchObject({
    status: 'InProgress',
    name: expect.any(String),
    startTime: expect.any(String),
  });
  expect(running.body).not.toHaveProperty('endTime');
  expect((await fixture.arm('GET', monitor)).status).toBe(202);
  await fixture.control('POST', 'clock', { advanceMs: 60_000 });
  expect((await fixture.arm('GET', status)).body).toMatchObject({
    status: 'Succeeded',
    endTime: expect.any(String),
  });
  const ended = await fixture.arm('GET', monitor);
  expect([ended.status, ended.body]).toEqual([200, undefined]);
});

test('operation URLs are absolute and carry the Host that the client used', async () => {
  const answer = await fixture.arm('PUT', set + V, emptyFlexible);
  expect(answer.headers.get('azure-asyncoperation')).toMatch(
    new RegExp(
      `^${fixture.simulator.url}/subscriptions/[^/]+/providers/Microsoft\\.Compute/locations/westeurope/operations/[0-9a-f-]{36}\\?p=[0-9a-f-]{36}&api-version=2026-04-01$`,
    ),
  );
});

test('a poller can be put to sleep as text and woken in another client', async () => {
  const { compute } = fixture;
  const poller = compute.virtualMachineScaleSets.createOrUpdate(GROUP, 'a', uniformSet(fixture, 2), FAST);
  const text = await poller.serialize();
  const woken = restorePoller(compute, text, compute.virtualMachineScaleSets.createOrUpdate, FAST);
  expect(await woken.pollUntilDone()).toMatchObject({ name: 'a', provisioningState: 'Succeeded' });
});

test('lists come in pages that lead to one another, each item once', async () => {
  const paged = await openSimulator({ pageSize: 2 });
  await paged.compute.virtualMachineScaleSets.createOrUpdate(GROUP, 'a', uniformSet(paged, 5), FAST);
  const pages: number[] = [];
  const ids: string[] = [];
  for await (const page of paged.compute.virtualMachineScaleSetVMs.list(GROUP, 'a').byPage()) {
    pages.push(page.length);
    ids.push(...page.map((vm) => vm.instanceId ?? ''));
  }
  await paged.simulator.close();
  expect(pages).toEqual([2, 2, 1]);
  expect(ids).toEqual(['0', '1', '2', '3', '4']);
});

test('each answer has its own request id, and the quota that remains of its kind', async () => {
  const first = await fixture.arm('GET', set + V);
  const second = await fixture.arm('GET', set + V);
  expect(first.headers.get('x-ms-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(first.headers.get('x-ms-request-id')).not.toBe(second.headers.get('x-ms-request-id'));
  expect(first.headers.has('x-ms-ratelimit-remaining-subscription-reads')).toBe(true);
});

test('deleting a resource group takes everything in it, machines included', async () => {
  const { compute, fleet } = fixture;
  const group = `/subscriptions/${fixture.simulator.subscriptionId}/resourcegroups/${GROUP}?api-version=2021-04-01`;
  await compute.virtualMachineScaleSets.createOrUpdate(GROUP, 'a', uniformSet(fixture, 2), FAST);
  await fixture.control('POST', 'boot-delay', { operationDelayMs: 3_600_000 });
  const accepted = await fixture.arm('DELETE', group);
  expect([
    accepted.status,
    accepted.headers.has('location'),
    accepted.headers.has('azure-asyncoperation'),
  ]).toEqual([202, true, false]);
  expect((await fixture.arm('PUT', `${set}${V}`, emptyFlexible)).body).toMatchObject({
    error: { code: 'ResourceGroupBeingDeleted' },
  });
  await fixture.control('POST', 'clock', { advanceMs: 3_600_000 });
  while ((await fixture.arm('GET', relative(accepted.headers.get('location')))).status === 202);
  expect((await fixture.arm('HEAD', group)).status).toBe(404);
  expect(fleet.running()).toHaveLength(0);
});

import { FAST, GROUP, openSimulator, until, type Fixture } from './support/simulator-fixture';
import { flexibleSet, LOCATION, uniformSet } from './support/models';

let fixture: Fixture;

beforeEach(async () => {
  fixture = await openSimulator();
});

afterEach(() => fixture.simulator.close());

const sets = () => fixture.compute.virtualMachineScaleSets;

async function provisioned(name: string): Promise<number> {
  let count = 0;
  for await (const _vm of fixture.compute.virtualMachineScaleSetVMs.list(GROUP, name)) count += 1;
  return count;
}

describe('faults', () => {
  test('hit the named operation as often as asked, after as many passes as asked', async () => {
    await fixture.control('POST', 'faults', {
      operation: 'virtualMachineScaleSets.get',
      count: 1,
      skip: 1,
      status: 503,
      code: 'ServerTimeout',
      message: 'try later',
    });
    await sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 0), FAST);
    await expect(sets().get(GROUP, 'a')).rejects.toMatchObject({ code: 'ServerTimeout', statusCode: 503 });
    expect((await sets().get(GROUP, 'a')).name).toBe('a');
  });

  test('that drop the answer leave the work done', async () => {
    await fixture.control('POST', 'faults', {
      operation: 'virtualMachineScaleSets.createOrUpdate',
      count: 1,
      dropAnswer: true,
    });
    await fixture.control('POST', 'faults', {
      operation: '^DELETE .*/virtualMachineScaleSets/a',
      count: 1,
      dropAnswer: true,
      status: 500,
      code: 'InternalServerError',
    });
    await expect(sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 2), FAST)).rejects.toThrow(
      /socket hang up|ECONNRESET/,
    );
    await until('both VMs run', () => fixture.fleet.running().length === 2);
    await expect(sets().delete(GROUP, 'a', FAST)).rejects.toMatchObject({ statusCode: 500 });
    await until('both VMs are gone', () => fixture.fleet.running().length === 0);
  });

  test('of the asynchronous kind let the call be accepted and its operation fail, with nothing left running', async () => {
    await fixture.control('POST', 'faults', {
      operation: 'virtualMachineScaleSets.createOrUpdate',
      count: 1,
      asyncError: { code: 'OverconstrainedAllocationRequest', message: 'too restrictive' },
    });
    await expect(sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 2), FAST)).rejects.toThrow(
      'has failed. OverconstrainedAllocationRequest. too restrictive',
    );
    expect((await sets().get(GROUP, 'a')).provisioningState).toBe('Failed');
    expect([await provisioned('a'), fixture.fleet.running().length]).toEqual([0, 0]);
  });

  test('with a probability choose the same victims for the same seed', async () => {
    const pattern = async (seed: number): Promise<string> => {
      await fixture.control('DELETE', 'faults');
      await fixture.control('POST', 'faults', {
        operation: 'usages.list|GET .*/usages',
        probability: 0.5,
        seed,
        status: 500,
      });
      let text = '';
      for (let call = 0; call < 16; call++)
        text +=
          (
            await fixture.arm(
              'GET',
              `/subscriptions/${fixture.simulator.subscriptionId}/providers/Microsoft.Compute/locations/westeurope/usages?api-version=2026-04-01`,
            )
          ).status === 500
            ? 'x'
            : '.';
      return text;
    };
    const first = await pattern(7);
    expect(first).toMatch(/x/);
    expect(first).toMatch(/\./);
    expect(await pattern(7)).toBe(first);
    expect(await pattern(8)).not.toBe(first);
  });

  test('that make no sense are refused with every problem named', async () => {
    expect(await fixture.control('POST', 'faults', { status: 200, probability: 2, wat: 1 })).toEqual({
      error: {
        code: 'BadRequest',
        message: expect.stringMatching(
          /wat: unknown.*operation: is required.*probability: must be.*status: must be/,
        ),
      },
    });
  });
});

test('the clock can be advanced past a boot that would take an hour', async () => {
  await fixture.control('POST', 'boot-delay', { bootDelayMs: 3_600_000 });
  const poller = sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 1), FAST);
  await poller.submitted();
  await fixture.control('POST', 'clock', { advanceMs: 3_599_000 });
  expect(fixture.fleet.booted).toHaveLength(0);
  expect((await sets().get(GROUP, 'a')).provisioningState).toBe('Creating');
  await fixture.control('POST', 'clock', { advanceMs: 2_000 });
  expect((await poller).provisioningState).toBe('Succeeded');
});

test('quota is refused at once with its numbers, and a family before the region', async () => {
  await fixture.control('POST', 'quota', { location: LOCATION, name: 'standardDSv5Family', limit: 5 });
  await sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 2), FAST);
  const refused = sets().update(GROUP, 'a', { sku: { capacity: 3 } }, FAST);
  await expect(refused).rejects.toMatchObject({ statusCode: 409, code: 'OperationNotAllowed' });
  await expect(refused).rejects.toThrow(
    'Operation could not be completed as it results in exceeding approved standardDSv5Family Cores quota. Additional details - Deployment Model: Resource Manager, Location: westeurope, Current Limit: 5, Current Usage: 4, Additional Required: 2, (Minimum) New Limit Required: 6.',
  );
  expect((await sets().get(GROUP, 'a')).sku?.capacity).toBe(2);
});

test('a size can run out in the middle of a scale-out: some VMs are made, the operation fails, the capacity stays as asked', async () => {
  await fixture.control('POST', 'allocation', { location: LOCATION, size: 'Standard_D2s_v5', available: 2 });
  await expect(sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 5), FAST)).rejects.toThrow(
    /has failed\. AllocationFailed\./,
  );
  expect([await provisioned('a'), fixture.fleet.running().length]).toEqual([2, 2]);
  expect((await sets().get(GROUP, 'a')).sku?.capacity).toBe(5);
  await fixture.control('POST', 'allocation', {
    location: LOCATION,
    size: 'Standard_D2s_v5',
    available: true,
  });
  await sets().update(GROUP, 'a', { sku: { capacity: 5 } }, FAST);
  expect(await provisioned('a')).toBe(5);
});

test('a restricted size is refused at once and listed with its restriction', async () => {
  await fixture.control('POST', 'allocation', {
    location: LOCATION,
    size: 'Standard_D2s_v5',
    restricted: true,
  });
  await expect(sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 1), FAST)).rejects.toMatchObject({
    statusCode: 409,
    code: 'SkuNotAvailable',
  });
  for await (const sku of fixture.compute.resourceSkus.list({ filter: "location eq 'westeurope'" })) {
    if (sku.name === 'Standard_D2s_v5')
      expect(sku.restrictions).toMatchObject([
        { type: 'Location', reasonCode: 'NotAvailableForSubscription' },
      ]);
  }
});

describe('eviction of a Spot VM', () => {
  async function spotSet(evictionPolicy: 'Delete' | 'Deallocate'): Promise<string> {
    const model = flexibleSet(fixture, 2);
    await sets().createOrUpdate(
      GROUP,
      'spot',
      {
        ...model,
        virtualMachineProfile: { ...model.virtualMachineProfile, priority: 'Spot', evictionPolicy },
      },
      FAST,
    );
    return fixture.fleet.booted[0]?.resourceId ?? '';
  }

  test('is announced inside the VM, then deletes it and shrinks its set', async () => {
    const resourceId = await spotSet('Delete');
    await fixture.control('POST', 'evict', { resourceId, noticeMs: 1000 });
    const machine = fixture.fleet.machineOf(resourceId);
    await until('the notice is there', () => machine.events.length === 1);
    expect(machine.events).toEqual(['Preempt 1000']);
    expect(fixture.fleet.running()).toHaveLength(2);
    machine.approve();
    await until('the VM is gone', async () => (await provisioned('spot')) === 1);
    expect((await sets().get(GROUP, 'spot')).sku?.capacity).toBe(1);
  });

  test('with policy Deallocate leaves the VM deallocated, still counted in the capacity', async () => {
    const resourceId = await spotSet('Deallocate');
    const name = resourceId.slice(resourceId.lastIndexOf('/') + 1);
    await fixture.compute.virtualMachines.simulateEviction(GROUP, name);
    await until('the notice is there', () => fixture.fleet.machineOf(resourceId).events.length === 1);
    expect(fixture.fleet.machineOf(resourceId).events).toEqual(['Preempt 30000']);
    fixture.fleet.machineOf(resourceId).approve();
    await until('it is deallocated', async () => {
      const view = await fixture.compute.virtualMachines.instanceView(GROUP, name);
      return view.statuses?.some((status) => status.code === 'PowerState/deallocated') === true;
    });
    expect((await sets().get(GROUP, 'spot')).sku?.capacity).toBe(2);
  });
});

describe('throttling', () => {
  test("at Azure's own rates refuses the 13th write of one set in a minute, with Retry-After, and allows it later", async () => {
    await sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 0), FAST);
    await fixture.control('POST', 'throttle', { factor: 1 });
    for (let write = 0; write < 12; write++)
      await sets().update(GROUP, 'a', { tags: { write: String(write) } }, FAST);
    const path = `/subscriptions/${fixture.simulator.subscriptionId}/resourceGroups/${GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/a?api-version=2026-04-01`;
    const refused = await fixture.arm('PATCH', path, { tags: {} });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.body).toMatchObject({
      error: {
        code: 'OperationNotAllowed',
        details: [{ code: 'TooManyRequests', target: 'UpdateVMScaleSet' }],
      },
    });
    await fixture.control('POST', 'clock', { advanceMs: 15_000 });
    const later = await fixture.arm('PATCH', path, { tags: {} });
    expect(later.status).toBe(200);
    expect(later.headers.get('x-ms-ratelimit-remaining-resource')).toContain(
      'Microsoft.Compute/UpdateVMScaleSetResource;0',
    );
    expect(later.headers.get('x-ms-ratelimit-remaining-subscription-writes')).toBe('199');
  });
});

test('calls are listed with their operation and counted by it', async () => {
  await sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 0), FAST);
  const { calls, counts } = (await fixture.control('GET', 'calls')) as {
    calls: { operation: string; status: number }[];
    counts: Record<string, number>;
  };
  expect(calls[0]).toMatchObject({
    method: 'PUT',
    operation: 'virtualMachineScaleSets.createOrUpdate',
    status: 201,
  });
  expect(counts['virtualMachineScaleSets.get']).toBe(1);
});

test('there is no control API unless it was asked for', async () => {
  const plain = await openSimulator({ hasControl: false });
  const answer = await fetch(`${plain.simulator.url}/control/resources`);
  await plain.simulator.close();
  expect(answer.status).toBe(401);
});

import type { VirtualMachineScaleSet } from '@azure/arm-compute';
import { FAST, GROUP, openSimulator, until, type Fixture } from './support/simulator-fixture';
import { flexibleSet, uniformSet } from './support/models';

let fixture: Fixture;

beforeEach(async () => {
  fixture = await openSimulator();
});

afterEach(() => fixture.simulator.close());

const sets = () => fixture.compute.virtualMachineScaleSets;

interface Seen {
  instanceId: string;
  zone: string | undefined;
  latestModelApplied: boolean | undefined;
}

async function instances(name = 'a'): Promise<Seen[]> {
  const found: Seen[] = [];
  for await (const vm of fixture.compute.virtualMachineScaleSetVMs.list(GROUP, name))
    found.push({
      instanceId: vm.instanceId ?? '',
      zone: vm.zones?.[0],
      latestModelApplied: vm.latestModelApplied,
    });
  return found;
}

async function ids(): Promise<string[]> {
  return (await instances()).map((vm) => vm.instanceId);
}

test('overprovisioning boots more VMs than asked and removes the surplus, which leaves gaps in the ids', async () => {
  await sets().createOrUpdate(GROUP, 'a', { ...uniformSet(fixture, 5), overprovision: true }, FAST);
  expect(fixture.fleet.booted).toHaveLength(6);
  expect(fixture.fleet.running()).toHaveLength(5);
  expect(await ids()).not.toEqual(['0', '1', '2', '3', '4']);
  expect(await ids()).toHaveLength(5);
});

test('instance ids are not reused, and computer names count in base 36', async () => {
  await sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 2), FAST);
  await sets().deleteInstances(GROUP, 'a', { instanceIds: ['*'] }, FAST);
  await sets().update(GROUP, 'a', { sku: { capacity: 35 } }, FAST);
  expect((await ids())[0]).toBe('2');
  expect(fixture.fleet.booted.at(-1)).toMatchObject({
    name: 'a_36',
    computerName: 'worker000010',
    vmScaleSetName: 'a',
  });
});

test('scale-in takes the newest of the fullest zone, and spares protected instances', async () => {
  await sets().createOrUpdate(GROUP, 'a', { ...uniformSet(fixture, 5), zones: ['1', '2'] }, FAST);
  expect((await instances()).map((vm) => vm.zone)).toEqual(['1', '2', '1', '2', '1']);
  await fixture.compute.virtualMachineScaleSetVMs.update(
    GROUP,
    'a',
    '4',
    { location: 'westeurope', protectionPolicy: { protectFromScaleIn: true } },
    FAST,
  );
  await sets().update(GROUP, 'a', { sku: { capacity: 3 } }, FAST);
  const left = await instances();
  expect(left.map((vm) => vm.instanceId)).toContain('4');
  expect(left.filter((vm) => vm.zone === '1').length).toBeGreaterThan(0);
  expect(left).toHaveLength(3);
});

test('scale-in policy OldestVM takes the oldest', async () => {
  await sets().createOrUpdate(
    GROUP,
    'a',
    { ...uniformSet(fixture, 4), scaleInPolicy: { rules: ['OldestVM'] } },
    FAST,
  );
  await sets().update(GROUP, 'a', { sku: { capacity: 2 } }, FAST);
  expect(await ids()).toEqual(['2', '3']);
});

test('a changed model reaches existing instances by a manual upgrade only', async () => {
  await sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 2), FAST);
  await sets().update(
    GROUP,
    'a',
    { virtualMachineProfile: { osProfile: { customData: Buffer.from('new').toString('base64') } } },
    FAST,
  );
  expect((await instances()).map((vm) => vm.latestModelApplied)).toEqual([false, false]);
  await sets().updateInstances(GROUP, 'a', { instanceIds: ['0'] }, FAST);
  expect((await instances()).map((vm) => vm.latestModelApplied)).toEqual([true, false]);
  await sets().update(GROUP, 'a', { sku: { capacity: 3 } }, FAST);
  expect(fixture.fleet.booted.at(-1)?.customData).toBe(Buffer.from('new').toString('base64'));
});

test('a priority mix makes base plus percentage regular, the rest Spot', async () => {
  const model = flexibleSet(fixture, 20);
  const mixed: VirtualMachineScaleSet = {
    ...model,
    singlePlacementGroup: false,
    priorityMixPolicy: { baseRegularPriorityCount: 10, regularPriorityPercentageAboveBase: 25 },
    virtualMachineProfile: { ...model.virtualMachineProfile, priority: 'Spot', evictionPolicy: 'Delete' },
  };
  await sets().createOrUpdate(GROUP, 'a', mixed, FAST);
  const priorities = fixture.fleet.booted.map((spec) => spec.priority);
  expect(priorities.filter((one) => one === 'Regular')).toHaveLength(12);
  expect(priorities.filter((one) => one === 'Spot')).toHaveLength(8);
});

test('two writes of one set at a time: the second is a Conflict', async () => {
  await fixture.control('POST', 'boot-delay', { bootDelayMs: 100 });
  const first = sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 1), FAST);
  await first.submitted();
  await expect(sets().update(GROUP, 'a', { sku: { capacity: 2 } }, FAST)).rejects.toMatchObject({
    statusCode: 409,
    code: 'Conflict',
  });
  expect((await first).provisioningState).toBe('Succeeded');
});

test('a deletion overtakes a creation: the creation ends, nothing is left', async () => {
  await fixture.control('POST', 'boot-delay', { bootDelayMs: 3_600_000 });
  const creation = sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 3), FAST);
  await creation.submitted();
  await sets().delete(GROUP, 'a', FAST);
  await fixture.control('POST', 'clock', { advanceMs: 3_600_000 });
  await creation.catch(() => undefined);
  const { counts } = (await fixture.control('GET', 'resources')) as {
    counts: { billable: number; machines: number };
  };
  expect(counts).toMatchObject({ billable: 0, machines: 0 });
});

test('an instance deleted while it boots does not fail the creation of the others', async () => {
  await fixture.control('POST', 'boot-delay', { bootDelayMs: 50 });
  const creation = sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 3), FAST);
  await creation.submitted();
  await sets().deleteInstances(GROUP, 'a', { instanceIds: ['1'] }, FAST);
  expect((await creation).provisioningState).toBeDefined();
  expect(await ids()).toEqual(['0', '2']);
});

test('a terminate notification holds the deletion back until the guest approves', async () => {
  const model = uniformSet(fixture, 1);
  await sets().createOrUpdate(
    GROUP,
    'a',
    {
      ...model,
      virtualMachineProfile: {
        ...model.virtualMachineProfile,
        scheduledEventsProfile: { terminateNotificationProfile: { enable: true, notBeforeTimeout: 'PT5M' } },
      },
    },
    FAST,
  );
  const machine = fixture.fleet.machineOf(fixture.fleet.booted[0]?.resourceId ?? '');
  const deletion = sets().deleteInstances(GROUP, 'a', { instanceIds: ['0'] }, FAST);
  await deletion.submitted();
  await until('the guest is told', () => machine.events.length === 1);
  expect(machine.events).toEqual(['Terminate 300000']);
  expect(fixture.fleet.running()).toHaveLength(1);
  machine.approve();
  await deletion;
  expect(fixture.fleet.running()).toHaveLength(0);
});

test('an instance that is not there is refused by id, and nothing else is deleted', async () => {
  await sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 2), FAST);
  const refused = sets().deleteInstances(GROUP, 'a', { instanceIds: ['0', '9'] }, FAST);
  await expect(refused).rejects.toMatchObject({ statusCode: 400, code: 'InvalidParameter' });
  expect(await ids()).toEqual(['0', '1']);
});

test('a write with an outdated etag is refused', async () => {
  await sets().createOrUpdate(GROUP, 'a', uniformSet(fixture, 0), FAST);
  const { etag = '' } = await sets().get(GROUP, 'a');
  await sets().update(GROUP, 'a', { tags: { a: '1' } }, { ...FAST, ifMatch: etag });
  await expect(
    sets().update(GROUP, 'a', { tags: { a: '2' } }, { ...FAST, ifMatch: etag }),
  ).rejects.toMatchObject({ statusCode: 412, code: 'PreconditionFailed' });
});

test('the subnet running out of addresses creates nothing', async () => {
  await fixture.network.subnets.createOrUpdate(
    GROUP,
    'vnet-muster',
    'tiny',
    { addressPrefix: await tinyPrefix() },
    FAST,
  );
  const tiny = { imageId: fixture.imageId, subnetId: fixture.subnetId.replace(/default$/, 'tiny') };
  await expect(sets().createOrUpdate(GROUP, 'a', uniformSet(tiny, 4), FAST)).rejects.toMatchObject({
    code: 'SubnetIsFull',
  });
  const { counts } = (await fixture.control('GET', 'resources')) as { counts: { billable: number } };
  expect(counts.billable).toBe(0);
  await sets().createOrUpdate(GROUP, 'a', uniformSet(tiny, 3), FAST);
});

/** The last eight addresses of the seeded network: three for VMs. */
async function tinyPrefix(): Promise<string> {
  const network = await fixture.network.virtualNetworks.get(GROUP, 'vnet-muster');
  return (network.addressSpace?.addressPrefixes?.[0] ?? '').replace('.0.0/16', '.255.248/29');
}

import { FAST, GROUP, openSimulator, type Fixture } from './support/simulator-fixture';
import { flexibleSet, uniformSet } from './support/models';

let fixture: Fixture;

beforeEach(async () => {
  fixture = await openSimulator();
});

afterEach(() => fixture.simulator.close());

async function instanceIds(name: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const vm of fixture.compute.virtualMachineScaleSetVMs.list(GROUP, name))
    ids.push(vm.instanceId ?? '');
  return ids;
}

describe('a uniform scale set', () => {
  test('is created, scaled out, scaled in and deleted through the SDK, with its VMs running in between', async () => {
    const { compute, fleet } = fixture;
    const created = await compute.virtualMachineScaleSets.createOrUpdate(
      GROUP,
      'Cluster',
      uniformSet(fixture, 3),
      FAST,
    );
    expect(created).toMatchObject({
      name: 'Cluster',
      provisioningState: 'Succeeded',
      orchestrationMode: 'Uniform',
      sku: { capacity: 3 },
    });
    expect(await instanceIds('Cluster')).toEqual(['0', '1', '2']);
    expect(fleet.booted.map((spec) => spec.computerName)).toEqual([
      'worker000000',
      'worker000001',
      'worker000002',
    ]);
    await compute.virtualMachineScaleSets.update(GROUP, 'cluster', { sku: { capacity: 5 } }, FAST);
    expect(fleet.running()).toHaveLength(5);
    await compute.virtualMachineScaleSets.deleteInstances(
      GROUP,
      'cluster',
      { instanceIds: ['1', '3'] },
      FAST,
    );
    expect(await instanceIds('cluster')).toEqual(['0', '2', '4']);
    expect((await compute.virtualMachineScaleSets.get(GROUP, 'cluster')).sku?.capacity).toBe(3);
    await compute.virtualMachineScaleSets.update(GROUP, 'cluster', { sku: { capacity: 1 } }, FAST);
    expect(await instanceIds('cluster')).toEqual(['0']);
    await compute.virtualMachineScaleSets.delete(GROUP, 'cluster', FAST);
    expect(fleet.running()).toHaveLength(0);
    const left = (await fixture.control('GET', 'resources')) as {
      counts: { billable: number; machines: number };
    };
    expect(left.counts).toMatchObject({ billable: 0, machines: 0 });
  });
});

describe('a flexible scale set', () => {
  test('has plain VMs that answer to both APIs', async () => {
    const { compute, fleet } = fixture;
    await compute.virtualMachineScaleSets.createOrUpdate(GROUP, 'flex', flexibleSet(fixture, 2), FAST);
    const names: string[] = [];
    for await (const vm of compute.virtualMachines.list(GROUP)) names.push(vm.name ?? '');
    expect(names).toHaveLength(2);
    expect(names.every((name) => /^flex_[0-9a-f]{8}$/.test(name))).toBe(true);
    expect(await instanceIds('flex')).toEqual(names);
    expect(new Set(fleet.booted.map((spec) => spec.privateIpAddress)).size).toBe(2);
    await compute.virtualMachines.delete(GROUP, names[0] ?? '', FAST);
    expect((await compute.virtualMachineScaleSets.get(GROUP, 'flex')).sku?.capacity).toBe(1);
    await compute.virtualMachineScaleSets.delete(GROUP, 'flex', FAST);
    const left = (await fixture.control('GET', 'resources')) as { counts: { billable: number } };
    expect(left.counts.billable).toBe(0);
  });
});

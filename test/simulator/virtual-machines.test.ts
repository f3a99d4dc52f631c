import { FAST, GROUP, openSimulator, type Fixture } from './support/simulator-fixture';
import { LOCATION, singleVm } from './support/models';

let fixture: Fixture;

beforeEach(async () => {
  fixture = await openSimulator();
});

afterEach(() => fixture.simulator.close());

async function createNic(name: string): Promise<string> {
  const nic = await fixture.network.networkInterfaces.createOrUpdate(
    GROUP,
    name,
    { location: LOCATION, ipConfigurations: [{ name: 'ip', subnet: { id: fixture.subnetId } }] },
    FAST,
  );
  return nic.id ?? '';
}

async function createVm(deleteOption: 'Delete' | 'Detach'): Promise<void> {
  const nicId = await createNic('solo-nic');
  await fixture.compute.virtualMachines.createOrUpdate(
    GROUP,
    'solo',
    singleVm(fixture.imageId, nicId, deleteOption),
    FAST,
  );
}

async function left(): Promise<string[]> {
  const { billable } = (await fixture.control('GET', 'resources')) as { billable: { type: string }[] };
  return billable.map((one) => one.type.slice(one.type.lastIndexOf('/') + 1)).sort();
}

async function powerState(): Promise<string | undefined> {
  const view = await fixture.compute.virtualMachines.instanceView(GROUP, 'solo');
  return view.statuses?.find((status) => status.code?.startsWith('PowerState/'))?.code;
}

test('a VM deleted with deleteOption Delete takes its NIC and disks with it', async () => {
  await createVm('Delete');
  expect(await left()).toEqual(['disks', 'disks', 'networkInterfaces', 'virtualMachines']);
  await fixture.compute.virtualMachines.delete(GROUP, 'solo', FAST);
  expect(await left()).toEqual([]);
  expect(fixture.fleet.running()).toEqual([]);
});

test('a VM deleted with deleteOption Detach leaves a NIC and disks behind that can then be deleted', async () => {
  await createVm('Detach');
  await expect(fixture.network.networkInterfaces.delete(GROUP, 'solo-nic', FAST)).rejects.toMatchObject({
    code: 'NicInUse',
    statusCode: 400,
  });
  await fixture.compute.virtualMachines.delete(GROUP, 'solo', FAST);
  expect(await left()).toEqual(['disks', 'disks', 'networkInterfaces']);
  await fixture.network.networkInterfaces.delete(GROUP, 'solo-nic', FAST);
  for await (const disk of fixture.compute.disks.listByResourceGroup(GROUP)) {
    expect(disk.diskState).toBe('Unattached');
    await fixture.compute.disks.delete(GROUP, disk.name ?? '', FAST);
  }
  expect(await left()).toEqual([]);
});

test('the machine is told what ARM was told, and ARM never tells it again', async () => {
  await createVm('Delete');
  const machine = fixture.fleet.booted[0];
  const vm = await fixture.compute.virtualMachines.get(GROUP, 'SOLO', { expand: 'instanceView' });
  expect(machine).toMatchObject({
    name: 'solo',
    computerName: 'solo',
    vmId: vm.vmId,
    vmSize: 'Standard_D2s_v5',
    customData: Buffer.from('#!/bin/sh\n').toString('base64'),
  });
  expect(machine?.privateIpAddress).toMatch(/^127\./);
  expect(vm.osProfile).toMatchObject({ computerName: 'solo' });
  expect(JSON.stringify(vm)).not.toMatch(/customData|adminPassword|Secret-12345/);
  expect(vm.vmId).toMatch(/^[0-9a-f-]{36}$/);
  const nic = await fixture.network.networkInterfaces.get(GROUP, 'solo-nic');
  expect(nic.virtualMachine?.id).toBe(vm.id);
  expect(nic.ipConfigurations?.[0]?.privateIPAddress).toBe(machine?.privateIpAddress);
});

test('deallocating ends the machine and frees its quota; starting boots it at the same address', async () => {
  await createVm('Delete');
  const cores = async (): Promise<number | undefined> => {
    for await (const usage of fixture.compute.usage.list(LOCATION))
      if (usage.name?.value === 'cores') return usage.currentValue;
    return undefined;
  };
  expect(await cores()).toBe(2);
  await fixture.compute.virtualMachines.powerOff(GROUP, 'solo', FAST);
  expect([await powerState(), await cores(), fixture.fleet.running().length]).toEqual([
    'PowerState/stopped',
    2,
    0,
  ]);
  await fixture.compute.virtualMachines.deallocate(GROUP, 'solo', FAST);
  expect([await powerState(), await cores()]).toEqual(['PowerState/deallocated', 0]);
  await fixture.compute.virtualMachines.start(GROUP, 'solo', FAST);
  expect([await powerState(), await cores()]).toEqual(['PowerState/running', 2]);
  const [first, second] = fixture.fleet.booted;
  expect(second?.privateIpAddress).toBe(first?.privateIpAddress);
});

test('the serial console can be read through boot diagnostics, and only with its signature', async () => {
  await createVm('Delete');
  const data = await fixture.compute.virtualMachines.retrieveBootDiagnosticsData(GROUP, 'solo');
  const url = data.serialConsoleLogBlobUri ?? '';
  expect(await (await fetch(url)).text()).toBe('console of solo\n');
  expect((await fetch(url.replace(/sig=[^&]+/, 'sig=x'))).status).toBe(403);
});

test('a VM whose size has run out ends Failed after the request was accepted, and can be deleted', async () => {
  await fixture.control('POST', 'allocation', {
    location: LOCATION,
    size: 'Standard_D2s_v5',
    available: false,
  });
  const nicId = await createNic('solo-nic');
  const poller = fixture.compute.virtualMachines.createOrUpdate(
    GROUP,
    'solo',
    singleVm(fixture.imageId, nicId, 'Delete'),
    FAST,
  );
  await expect(poller).rejects.toThrow(
    /has failed\. AllocationFailed\. Allocation failed\. We do not have sufficient capacity/,
  );
  expect((await fixture.compute.virtualMachines.get(GROUP, 'solo')).provisioningState).toBe('Failed');
  await fixture.compute.virtualMachines.delete(GROUP, 'solo', FAST);
  expect(await left()).toEqual([]);
});

test('a machine that cannot boot fails the creation', async () => {
  fixture.fleet.failNextBoot = true;
  const nicId = await createNic('solo-nic');
  const poller = fixture.compute.virtualMachines.createOrUpdate(
    GROUP,
    'solo',
    singleVm(fixture.imageId, nicId, 'Delete'),
    FAST,
  );
  await expect(poller).rejects.toThrow(/no more file handles/);
});

test('two simultaneous deletions of one VM both succeed, and a write meanwhile is refused', async () => {
  await createVm('Delete');
  await fixture.control('POST', 'boot-delay', { operationDelayMs: 30 });
  const first = fixture.compute.virtualMachines.delete(GROUP, 'solo', FAST);
  await first.submitted();
  await fixture.compute.virtualMachines.delete(GROUP, 'solo', FAST);
  await first;
  await expect(fixture.compute.virtualMachines.get(GROUP, 'solo')).rejects.toMatchObject({
    code: 'ResourceNotFound',
  });
});

test('a repeated PUT of a VM that never came up tries again and succeeds', async () => {
  await fixture.control('POST', 'allocation', {
    location: LOCATION,
    size: 'Standard_D2s_v5',
    available: false,
  });
  const body = singleVm(fixture.imageId, await createNic('solo-nic'), 'Delete');
  await expect(fixture.compute.virtualMachines.createOrUpdate(GROUP, 'solo', body, FAST)).rejects.toThrow(
    'AllocationFailed',
  );
  await fixture.control('POST', 'allocation', {
    location: LOCATION,
    size: 'Standard_D2s_v5',
    available: true,
  });
  expect(
    (await fixture.compute.virtualMachines.createOrUpdate(GROUP, 'solo', body, FAST)).provisioningState,
  ).toBe('Succeeded');
  expect(await powerState()).toBe('PowerState/running');
});

test('a repeated PUT during the creation ends with it and boots no second machine', async () => {
  await fixture.control('POST', 'boot-delay', { bootDelayMs: 60 });
  const body = singleVm(fixture.imageId, await createNic('solo-nic'), 'Delete');
  const first = fixture.compute.virtualMachines.createOrUpdate(GROUP, 'solo', body, FAST);
  await first.submitted();
  const second = await fixture.compute.virtualMachines.createOrUpdate(GROUP, 'solo', body, FAST);
  expect(second.provisioningState).toBe('Succeeded');
  expect((await first).vmId).toBe(second.vmId);
  expect(fixture.fleet.booted).toHaveLength(1);
});

test('a deallocated VM whose quota others have taken cannot start', async () => {
  await createVm('Delete');
  await fixture.compute.virtualMachines.deallocate(GROUP, 'solo', FAST);
  await fixture.control('POST', 'quota', { location: LOCATION, name: 'cores', limit: 1 });
  await expect(fixture.compute.virtualMachines.start(GROUP, 'solo', FAST)).rejects.toMatchObject({
    statusCode: 409,
    code: 'OperationNotAllowed',
  });
});

test('what the simulator cannot do to a VM it refuses by name instead of pretending', async () => {
  await createVm('Delete');
  const storageProfile = { dataDisks: [{ lun: 5, createOption: 'Empty', diskSizeGB: 1 }] };
  await expect(
    fixture.compute.virtualMachines.update(GROUP, 'solo', { storageProfile }, FAST),
  ).rejects.toMatchObject({ statusCode: 501, code: 'NotImplemented' });
});

test('If-None-Match keeps a PUT from changing a VM that is there', async () => {
  await createVm('Delete');
  const { id = '' } = await fixture.compute.virtualMachines.get(GROUP, 'solo');
  const answer = await fixture.arm(
    'PUT',
    `${id}?api-version=2026-04-01`,
    { location: LOCATION },
    { 'If-None-Match': '*' },
  );
  expect(answer.status).toBe(412);
});

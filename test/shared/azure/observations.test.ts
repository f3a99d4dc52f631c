import { createCompute, createNetwork } from '../../../shared/azure';
import { startFakeArm, type FakeArm } from './fake-arm';

const subscriptionId = '11111111-1111-1111-1111-111111111111';
const named = (name: string) => ({ subscriptionId, resourceGroup: 'group', name });
const prefix = `/subscriptions/${subscriptionId}/resourceGroups/group/providers`;
const setId = `${prefix}/Microsoft.Compute/virtualMachineScaleSets/cbox`;
const ok = (body: unknown) => ({ status: 200, body });

let fake: FakeArm;
beforeAll(async () => {
  fake = await startFakeArm();
});
beforeEach(() => fake.reset());
afterAll(() => fake.stop());
const compute = () => createCompute(fake.arm);

test('observes a scale set', async () => {
  fake.answer(
    ok({
      id: setId,
      sku: { name: 's', capacity: 4 },
      tags: { owner: 'me' },
      properties: { provisioningState: 'Updating', orchestrationMode: 'Flexible' },
    }),
  );
  expect(await compute().getScaleSet(named('cbox'))).toEqual({
    resourceId: setId,
    provisioningState: 'Updating',
    capacity: 4,
    orchestrationMode: 'Flexible',
    zones: [],
    tags: { owner: 'me' },
  });
});

test.each(['ResourceNotFound', 'ResourceGroupNotFound'])('takes %s for gone', async (code) => {
  const gone = { status: 404, body: { error: { code } } };
  fake.answer(gone, gone, gone, gone, gone);
  expect(await compute().getScaleSet(named('cbox'))).toBeUndefined();
  expect(await compute().listInstances(named('cbox'))).toEqual({ instances: [], pages: 1 });
  expect(await compute().getVirtualMachine(named('big'))).toBeUndefined();
  expect(await createNetwork(fake.arm).getNetworkInterface(named('nic'))).toBeUndefined();
  expect(await compute().listDisks(named(''), { name: 'a', value: 'b' })).toEqual([]);
});

test('lists instances of a Uniform set over all pages, and asks for its mode once', async () => {
  const instance = (id: string) => ({
    id: `${setId}/virtualMachines/${id}`,
    name: `cbox_${id}`,
    instanceId: id,
    properties: {
      vmId: `vm-${id}`,
      provisioningState: 'Creating',
      timeCreated: '2026-01-02T03:04:05.0000000+00:00',
    },
  });
  const next = `${fake.url}${setId}/virtualMachines?$skiptoken=2&api-version=1`;
  const ports = compute();
  fake.answer(
    ok({ properties: { orchestrationMode: 'Uniform' } }),
    ok({ value: [instance('0')], nextLink: next }),
    ok({ value: [instance('3')] }),
    ok({ value: [] }),
  );
  const { instances: found, pages } = await ports.listInstances(named('cbox'));
  expect(pages).toBe(2);
  expect(found.map(({ instanceId }) => instanceId)).toEqual(['0', '3']);
  expect(found[0]).toEqual({
    instanceId: '0',
    resourceId: `${setId}/virtualMachines/0`,
    name: 'cbox_0',
    vmId: 'vm-0',
    provisioningState: 'Creating',
    timeCreated: '2026-01-02T03:04:05.000Z',
    priority: 'Regular',
    zone: '',
  });
  await ports.listInstances(named('cbox'));
  expect(fake.requests).toHaveLength(4);
});

test('lists instances of a Flexible set among the VMs of its group, by name', async () => {
  const machine = (name: string, set?: string) => ({
    id: `${prefix}/Microsoft.Compute/virtualMachines/${name}`,
    name,
    properties: {
      vmId: 'v',
      provisioningState: 'Succeeded',
      ...(set && { virtualMachineScaleSet: { id: set } }),
    },
  });
  fake.answer(
    ok({ properties: { orchestrationMode: 'Flexible' } }),
    ok({
      value: [machine('cbox_1a2b3c4d', setId.toUpperCase()), machine('detached'), machine('x', `${setId}2`)],
    }),
  );
  const { instances: found } = await compute().listInstances(named('cbox'));
  expect(found).toMatchObject([{ instanceId: 'cbox_1a2b3c4d', name: 'cbox_1a2b3c4d', timeCreated: null }]);
  expect(fake.requests[1]?.query).toEqual({ $filter: `'virtualMachineScaleSet/id' eq '${setId}'` });
});

test('observes a VM with its disks', async () => {
  fake.answer(
    ok({
      id: 'id',
      tags: { owner: 'me' },
      properties: {
        provisioningState: 'Succeeded',
        vmId: 'vm-id',
        storageProfile: {
          osDisk: { createOption: 'FromImage', managedDisk: { id: 'os' } },
          dataDisks: [{ lun: 0, createOption: 'Empty', managedDisk: { id: 'data' } }],
        },
      },
    }),
  );
  expect(await compute().getVirtualMachine(named('big'))).toEqual({
    resourceId: 'id',
    provisioningState: 'Succeeded',
    vmId: 'vm-id',
    tags: { owner: 'me' },
    diskIds: ['os', 'data'],
  });
});

test('lists the disks that bear a tag, and deletes one by its id', async () => {
  const diskId = `${prefix}/Microsoft.Compute/disks/osdisk-big`;
  fake.answer(
    ok({
      value: [
        { id: diskId, tags: { 'Muster-Owner': 'one' } },
        { id: 'other', tags: { 'muster-owner': 'two' } },
        { id: 'untagged' },
      ],
    }),
    { status: 204 },
  );
  const tag = { name: 'muster-owner', value: 'one' };
  expect(await compute().listDisks(named(''), tag)).toEqual([diskId]);
  expect(await compute().deleteDisk(diskId)).toBeNull();
  expect(fake.requests[1]).toMatchObject({ method: 'DELETE', path: diskId });
});

test('observes a network interface', async () => {
  fake.answer(
    ok({
      id: 'id',
      tags: {},
      properties: {
        provisioningState: 'Succeeded',
        virtualMachine: { id: 'vm' },
        ipConfigurations: [{ name: 'ip', properties: { privateIPAddress: '10.0.0.4' } }],
      },
    }),
  );
  expect(await createNetwork(fake.arm).getNetworkInterface(named('nic'))).toEqual({
    resourceId: 'id',
    provisioningState: 'Succeeded',
    privateIpAddress: '10.0.0.4',
    virtualMachineId: 'vm',
    tags: {},
  });
});

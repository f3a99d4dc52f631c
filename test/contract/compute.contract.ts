import { setTimeout as delay } from 'node:timers/promises';
import { NetworkInterfaceBody, ScaleSetBody, VirtualMachineBody } from '../../shared/contracts';
import type { AzureResource, Compute, Network, OperationStatus } from '../../shared/ports';

/** An Azure to try the ports Compute and Network on: a resource group with a subnet, empty otherwise. */
export interface CloudUnderTest {
  compute: Compute;
  network: Network;
  place: Omit<AzureResource, 'name'>;
  location: string;
  vmSize: string;
  subnetId: string;
  imageReference: { publisher: string; offer: string; sku: string; version: string };
}

const guest = {
  adminUsername: 'muster',
  sshPublicKeys: [],
  customData: Buffer.from('#cloud-config\n').toString('base64'),
};
const endLimitMs = 20_000;

export function defineComputeContract(name: string, make: () => Promise<CloudUnderTest>): void {
  let cloud: CloudUnderTest;
  beforeAll(async () => {
    cloud = await make();
  });
  const named = (resource: string): AzureResource => ({ ...cloud.place, name: resource });
  const storageProfile = () => ({ imageReference: cloud.imageReference });
  const ipConfigurations = () => [
    { name: 'ip', properties: { subnet: { id: cloud.subnetId }, primary: true } },
  ];

  /** Polls to the end; null is an end already. */
  async function outcomeOf(token: string | null): Promise<OperationStatus> {
    if (token === null) return { state: 'succeeded' };
    const deadline = Date.now() + endLimitMs;
    for (;;) {
      const status = await cloud.compute.poll(cloud.place.subscriptionId, token);
      if (status.state !== 'running') return status;
      if (Date.now() > deadline) throw new Error(`The operation ${token} did not end in ${endLimitMs} ms.`);
      await delay(25);
    }
  }
  const succeed = async (token: string | null) =>
    expect(await outcomeOf(token)).toEqual({ state: 'succeeded' });

  async function createScaleSet(
    scaleSet: AzureResource,
    options: { capacity: number; mode: 'Uniform' | 'Flexible'; vmSize?: string },
  ): Promise<string | null> {
    const body = ScaleSetBody.parse({
      location: cloud.location,
      tags: { team: 'seismic' },
      sku: { name: options.vmSize ?? cloud.vmSize },
      properties: {
        orchestrationMode: options.mode,
        virtualMachineProfile: {
          storageProfile: storageProfile(),
          networkProfile: {
            networkInterfaceConfigurations: [
              { name: 'nic', properties: { ipConfigurations: ipConfigurations() } },
            ],
          },
        },
      },
    });
    const { capacity } = options;
    const tags = { 'muster-owner': scaleSet.name };
    return cloud.compute.createScaleSet(scaleSet, {
      body,
      capacity,
      computerNamePrefix: 'c-',
      guest,
      tags,
    });
  }

  describe.each(['Uniform', 'Flexible'] as const)(`${name}: a %s scale set`, (mode) => {
    const scaleSet = () => named(`set-${mode.toLowerCase()}`);
    const idsOf = async () =>
      (await cloud.compute.listInstances(scaleSet())).instances.map(({ instanceId }) => instanceId);

    test('lives: created, observed, grown, shrunk by chosen instances, deleted', async () => {
      const { compute } = cloud;
      expect(await compute.getScaleSet(scaleSet())).toBeUndefined();
      expect(await compute.listInstances(scaleSet())).toMatchObject({ instances: [] });

      await succeed(await createScaleSet(scaleSet(), { capacity: 2, mode }));
      expect(await compute.getScaleSet(scaleSet())).toMatchObject({
        provisioningState: 'Succeeded',
        capacity: 2,
        orchestrationMode: mode,
        tags: { team: 'seismic', 'muster-owner': scaleSet().name },
      });
      const { instances, pages } = await compute.listInstances(scaleSet());
      expect(pages).toBe(1);
      expect(instances).toHaveLength(2);
      for (const instance of instances) {
        expect(instance.provisioningState).toBe('Succeeded');
        expect(instance.resourceId.toLowerCase()).toContain('/providers/microsoft.compute/virtualmachine');
        expect(instance.vmId).not.toBe('');
        expect(instance.instanceId).toBe(mode === 'Flexible' ? instance.name : instance.instanceId);
        expect(Date.parse(instance.timeCreated!)).not.toBeNaN();
      }

      const { customData } = guest;
      await succeed(await compute.setCapacity(scaleSet(), { capacity: 3, customData }));
      const ids = await idsOf();
      expect(ids).toHaveLength(3);

      const [first, second] = ids as [string, string];
      await succeed(await compute.deleteInstances(scaleSet(), [first]));
      expect(await idsOf()).not.toContain(first);
      await succeed(await compute.deleteInstances(scaleSet(), [first, second]));
      expect(await idsOf()).toHaveLength(1);
      await succeed(await compute.deleteInstances(scaleSet(), [first, second]));
      expect((await compute.getScaleSet(scaleSet()))?.capacity).toBe(1);

      await succeed(await compute.deleteScaleSet(scaleSet()));
      expect(await compute.getScaleSet(scaleSet())).toBeUndefined();
      expect(await compute.listInstances(scaleSet())).toMatchObject({ instances: [] });
      await succeed(await compute.deleteScaleSet(scaleSet()));
      await succeed(await compute.deleteInstances(scaleSet(), [second]));
    }, 60_000);

    test('is one whether it is asked for once or twice', async () => {
      const twice = named(`twice-${mode.toLowerCase()}`);
      await succeed(await createScaleSet(twice, { capacity: 1, mode }));
      await succeed(await createScaleSet(twice, { capacity: 1, mode }));
      expect((await cloud.compute.listInstances(twice)).instances).toHaveLength(1);
      await succeed(await cloud.compute.deleteScaleSet(twice));
    }, 60_000);
  });

  describe(`${name}: a detached VM`, () => {
    const tags = { 'muster-owner': 'vm-1' };
    const tag = { name: 'muster-owner', value: 'vm-1' };

    test('lives: interface, VM, observed, deleted with its disks and interface', async () => {
      const { compute, network } = cloud;
      const [nic, vm] = [named('nic-1'), named('vm-1')];
      const nicBody = NetworkInterfaceBody.parse({
        location: cloud.location,
        properties: { ipConfigurations: ipConfigurations() },
      });
      expect(await network.getNetworkInterface(nic)).toBeUndefined();
      await succeed(await network.createNetworkInterface(nic, { body: nicBody, tags }));
      const seenNic = await network.getNetworkInterface(nic);
      expect(seenNic).toMatchObject({ provisioningState: 'Succeeded', virtualMachineId: null, tags });
      expect(seenNic?.privateIpAddress).toMatch(/^\d+\.\d+\.\d+\.\d+$/);

      const body = VirtualMachineBody.parse({
        location: cloud.location,
        properties: {
          hardwareProfile: { vmSize: cloud.vmSize },
          storageProfile: { ...storageProfile(), dataDisks: [{ lun: 0, diskSizeGB: 32 }] },
        },
      });
      const networkInterfaceId = seenNic!.resourceId;
      const options = { body, networkInterfaceId, computerName: 'vm-1', guest, tags };
      await succeed(await compute.createVirtualMachine(vm, options));
      await succeed(await compute.createVirtualMachine(vm, options));
      const seenVm = await compute.getVirtualMachine(vm);
      expect(seenVm).toMatchObject({ provisioningState: 'Succeeded', tags });
      expect(seenVm?.vmId).not.toBe('');
      const diskNames = seenVm!.diskIds.map((id) => id.split('/').at(-1));
      expect(diskNames).toEqual(['osdisk-vm-1', 'disk-vm-1-0']);
      const attachedTo = (await network.getNetworkInterface(nic))?.virtualMachineId;
      expect(attachedTo?.toLowerCase()).toBe(seenVm!.resourceId.toLowerCase());

      await succeed(await compute.deleteVirtualMachine(vm));
      expect(await compute.getVirtualMachine(vm)).toBeUndefined();
      expect(await network.getNetworkInterface(nic)).toBeUndefined();
      expect(await compute.listDisks(cloud.place, tag)).toEqual([]);
      for (const diskId of seenVm!.diskIds) await succeed(await compute.deleteDisk(diskId));
      await succeed(await compute.deleteVirtualMachine(vm));
      await succeed(await network.deleteNetworkInterface(nic));
    }, 60_000);

    test('leaves no interface behind where it was never made', async () => {
      const nic = named('nic-2');
      const body = NetworkInterfaceBody.parse({
        location: cloud.location,
        properties: { ipConfigurations: ipConfigurations() },
      });
      await succeed(await cloud.network.createNetworkInterface(nic, { body, tags: {} }));
      await succeed(await cloud.network.deleteNetworkInterface(nic));
      expect(await cloud.network.getNetworkInterface(nic)).toBeUndefined();
    });
  });

  describe(`${name}: refusals`, () => {
    test('an unknown size is a CloudFailure that is not to be repeated', async () => {
      const creation = createScaleSet(named('refused'), {
        capacity: 1,
        mode: 'Uniform',
        vmSize: 'Standard_None_v0',
      });
      await expect(creation).rejects.toMatchObject({
        name: 'CloudFailure',
        details: { statusCode: 400, isRetryable: false },
      });
      expect(await cloud.compute.getScaleSet(named('refused'))).toBeUndefined();
    });

    test('a change of a scale set that is not there is a CloudFailure with Azure`s code', async () => {
      const change = cloud.compute.setCapacity(named('absent'), {
        capacity: 1,
        customData: guest.customData,
      });
      await expect(change).rejects.toMatchObject({
        name: 'CloudFailure',
        code: 'ResourceNotFound',
        details: { statusCode: 404, isRetryable: false },
      });
    });
  });
}

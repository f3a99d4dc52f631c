import { createCompute, createNetwork } from '../../../shared/azure';
import { NetworkInterfaceBody, ScaleSetBody, VirtualMachineBody } from '../../../shared/contracts';
import { startFakeArm, type FakeArm } from './fake-arm';
import {
  fullNetworkInterface,
  fullScaleSet,
  fullVirtualMachine,
  place,
  prefix,
  storageProfile,
  subnet,
  top,
} from './full-templates';

const guest = { adminUsername: 'muster', sshPublicKeys: ['ssh-ed25519 AAAA one'], customData: 'I2Nsb3Vk' };
const done = { status: 200, body: { properties: { provisioningState: 'Succeeded' } } };

let fake: FakeArm;
beforeAll(async () => {
  fake = await startFakeArm();
});
beforeEach(() => fake.reset());
afterAll(() => fake.stop());

const linux = (user: string) => ({
  disablePasswordAuthentication: true,
  provisionVMAgent: true,
  ssh: { publicKeys: [{ path: `/home/${user}/.ssh/authorized_keys`, keyData: 'ssh-ed25519 AAAA one' }] },
});
const diagnosticsProfile = { bootDiagnostics: { enabled: true } };

async function putScaleSet(body: unknown, sshPublicKeys = guest.sshPublicKeys) {
  fake.answer(done);
  await createCompute(fake.arm).createScaleSet(
    { ...place, name: 'cbox' },
    {
      body: ScaleSetBody.parse(body),
      capacity: 7,
      computerNamePrefix: 'cbox-',
      guest: { ...guest, sshPublicKeys },
      tags: { 'muster-owner': 'scale-set:cbox:1a2b3c4d' },
    },
  );
  return fake.requests.at(-1)!;
}

describe('the request of a scale set', () => {
  test('holds every property of a full Uniform template, and what Muster adds', async () => {
    const request = await putScaleSet(fullScaleSet('Uniform'));
    const { properties } = fullScaleSet('Uniform');
    expect(request).toMatchObject({
      method: 'PUT',
      path: `${prefix}/Microsoft.Compute/virtualMachineScaleSets/cbox`,
      authorization: 'Bearer token-1',
    });
    expect(request.body).toEqual({
      ...top,
      tags: { team: 'seismic', 'muster-owner': 'scale-set:cbox:1a2b3c4d' },
      sku: { name: 'Standard_D2s_v5', tier: 'Standard', capacity: 7 },
      properties: {
        ...properties,
        doNotRunExtensionsOnOverprovisionedVMs: true,
        upgradePolicy: { mode: 'Manual' },
        virtualMachineProfile: {
          ...properties.virtualMachineProfile,
          osProfile: {
            computerNamePrefix: 'cbox-',
            adminUsername: 'seismo',
            customData: 'I2Nsb3Vk',
            linuxConfiguration: linux('seismo'),
          },
          diagnosticsProfile,
        },
      },
    });
  });

  test('of a Flexible one names the networking version and what is deleted, and has no upgrade policy', async () => {
    const { body } = await putScaleSet(fullScaleSet('Flexible'));
    const { properties } = fullScaleSet('Flexible');
    const profile = properties.virtualMachineProfile;
    const [nic] = profile.networkProfile.networkInterfaceConfigurations;
    expect(body).toMatchObject({
      properties: {
        ...properties,
        virtualMachineProfile: {
          ...profile,
          osProfile: expect.anything() as unknown,
          storageProfile: {
            ...storageProfile,
            osDisk: { ...storageProfile.osDisk, deleteOption: 'Delete' },
            dataDisks: [{ ...storageProfile.dataDisks[0], deleteOption: 'Delete' }],
          },
          networkProfile: {
            networkApiVersion: '2020-11-01',
            networkInterfaceConfigurations: [
              { ...nic, properties: { ...nic!.properties, deleteOption: 'Delete' } },
            ],
          },
        },
      },
    });
    expect(body).not.toHaveProperty('properties.upgradePolicy');
  });

  test.each([
    ['Uniform', { overprovision: false, upgradePolicy: { mode: 'Manual' } }],
    ['Flexible', { platformFaultDomainCount: 1 }],
  ])('of a minimal %s template says what Azure would decide otherwise', async (mode, added) => {
    const image = { id: '/subscriptions/s/image' };
    const { body } = await putScaleSet({
      location: 'westeurope',
      sku: { name: 'Standard_D2s_v5' },
      properties: {
        orchestrationMode: mode,
        virtualMachineProfile: {
          storageProfile: { imageReference: image },
          networkProfile: {
            networkInterfaceConfigurations: [
              { name: 'nic', properties: { ipConfigurations: [{ name: 'ip', properties: { subnet } }] } },
            ],
          },
        },
      },
    });
    const { properties } = body as { properties: Record<string, unknown> };
    const { virtualMachineProfile, ...rest } = properties;
    expect(rest).toEqual({ orchestrationMode: mode, singlePlacementGroup: false, ...added });
    expect(virtualMachineProfile).toMatchObject({
      osProfile: { adminUsername: 'muster' },
      storageProfile: {
        imageReference: image,
        osDisk: {
          createOption: 'FromImage',
          caching: 'ReadWrite',
          managedDisk: { storageAccountType: 'Standard_LRS' },
        },
      },
    });
  });

  test('without SSH keys has a key that nobody holds, the same each time', async () => {
    const keyOf = async () => {
      const { body } = await putScaleSet(fullScaleSet('Uniform'), []);
      type Keys = { publicKeys: { keyData: string }[] };
      return (
        body as {
          properties: { virtualMachineProfile: { osProfile: { linuxConfiguration: { ssh: Keys } } } };
        }
      ).properties.virtualMachineProfile.osProfile.linuxConfiguration.ssh.publicKeys[0]!.keyData;
    };
    const [one, other] = [await keyOf(), await keyOf()];
    expect(one).toBe(other);
    const [type, blob] = one.split(' ');
    expect(type).toBe('ssh-ed25519');
    expect(Buffer.from(blob!, 'base64')).toHaveLength(4 + 11 + 4 + 32);
  });

  test('of a capacity change holds the capacity and the new start data alone', async () => {
    fake.answer(done);
    const scaleSet = { ...place, name: 'cbox' };
    await createCompute(fake.arm).setCapacity(scaleSet, { capacity: 0, customData: 'bmV3' });
    expect(fake.requests).toMatchObject([{ method: 'PATCH' }]);
    expect(fake.requests[0]!.body).toEqual({
      sku: { capacity: 0 },
      properties: { virtualMachineProfile: { osProfile: { customData: 'bmV3' } } },
    });
  });
});

test('the request of a VM holds every property of a full template, and what Muster adds', async () => {
  const body = fullVirtualMachine;
  fake.answer(done);
  await createCompute(fake.arm).createVirtualMachine(
    { ...place, name: 'big-1' },
    {
      body: VirtualMachineBody.parse(body),
      networkInterfaceId: `${prefix}/Microsoft.Network/networkInterfaces/nic-big-1`,
      computerName: 'big-1',
      guest,
      tags: { 'muster-owner': 'virtual-machine:big-1:1a2b3c4d' },
    },
  );
  expect(fake.requests).toMatchObject([
    { method: 'PUT', path: `${prefix}/Microsoft.Compute/virtualMachines/big-1` },
  ]);
  expect(fake.requests[0]!.body).toEqual({
    ...top,
    tags: { team: 'seismic', 'muster-owner': 'virtual-machine:big-1:1a2b3c4d' },
    properties: {
      ...body.properties,
      storageProfile: {
        ...storageProfile,
        osDisk: { ...storageProfile.osDisk, name: 'osdisk-big-1', deleteOption: 'Delete' },
        dataDisks: [{ ...storageProfile.dataDisks[0], name: 'disk-big-1-3', deleteOption: 'Delete' }],
      },
      osProfile: {
        computerName: 'big-1',
        adminUsername: 'seismo',
        customData: 'I2Nsb3Vk',
        linuxConfiguration: linux('seismo'),
      },
      networkProfile: {
        networkInterfaces: [
          {
            id: `${prefix}/Microsoft.Network/networkInterfaces/nic-big-1`,
            properties: { primary: true, deleteOption: 'Delete' },
          },
        ],
      },
      diagnosticsProfile,
    },
  });
});

test('the request of a network interface holds every property of a full template', async () => {
  const body = fullNetworkInterface;
  fake.answer(done);
  await createNetwork(fake.arm).createNetworkInterface(
    { ...place, name: 'nic-1' },
    { body: NetworkInterfaceBody.parse(body), tags: { owner: 'me' } },
  );
  expect(fake.requests).toMatchObject([
    { method: 'PUT', path: `${prefix}/Microsoft.Network/networkInterfaces/nic-1` },
  ]);
  expect(fake.requests[0]!.body).toEqual({ ...body, tags: { team: 'seismic', owner: 'me' } });
});

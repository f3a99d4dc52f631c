import { ScaleSetTemplate, SpotOptions, VirtualMachineTemplate } from '../../../shared/contracts';
import { applyToScaleSet, applyToVirtualMachine } from '../../../shared/domain';
import { fullScaleSet, fullVirtualMachine, storageProfile, subnet } from '../azure/full-templates';

const plain = ScaleSetTemplate.parse({
  value: {
    location: 'westeurope',
    tags: { team: 'seismic' },
    sku: { name: 'Standard_D2s_v5' },
    properties: {
      overprovision: true,
      virtualMachineProfile: {
        storageProfile: { imageReference: storageProfile.imageReference },
        networkProfile: {
          networkInterfaceConfigurations: [
            { name: 'nic', properties: { ipConfigurations: [{ name: 'ip', properties: { subnet } }] } },
          ],
        },
      },
    },
  },
});
const machine = VirtualMachineTemplate.parse({ value: fullVirtualMachine });
const before = JSON.stringify([plain, machine]);
afterEach(() => expect(JSON.stringify([plain, machine])).toBe(before));

describe('what a scale set is asked for beside its template', () => {
  test('is nothing where nothing is asked', () => {
    expect(applyToScaleSet(plain, {})).toEqual(plain);
  });

  test('makes its VMs Spot VMs at any price up to a regular one`s, deleted when they are evicted (CLU-12)', () => {
    const { properties } = applyToScaleSet(plain, { spot: SpotOptions.parse({}) }).value;
    expect(properties.virtualMachineProfile).toMatchObject({
      priority: 'Spot',
      evictionPolicy: 'Delete',
      billingProfile: { maxPrice: -1 },
    });
    expect(properties.orchestrationMode).toBe('Uniform');
  });

  test.each([
    [
      'a base of regular VMs',
      { baseRegularCount: 2 },
      { baseRegularPriorityCount: 2, regularPriorityPercentageAboveBase: 0 },
    ],
    [
      'a share of them',
      { regularPercentageAboveBase: 25 },
      { baseRegularPriorityCount: 0, regularPriorityPercentageAboveBase: 25 },
    ],
    [
      'a fallback',
      { fallbackToRegularAfterMs: 1 },
      { baseRegularPriorityCount: 0, regularPriorityPercentageAboveBase: 0 },
    ],
  ])(
    'makes it a Flexible set, without overprovisioning, for %s (CLU-13)',
    (_what, spot, priorityMixPolicy) => {
      const { properties } = applyToScaleSet(plain, { spot: SpotOptions.parse(spot) }).value;
      expect(properties).toMatchObject({
        orchestrationMode: 'Flexible',
        platformFaultDomainCount: 1,
        priorityMixPolicy,
      });
      expect(properties.overprovision).toBeUndefined();
    },
  );

  test('wins over the template: overprovisioning, tags, the size of the OS disk, whom SSH lets in', () => {
    const options = {
      overprovision: false,
      tags: { job: 'x', team: 'other' },
      osDiskSizeGb: 200,
      sshUser: 'ada',
    };
    const { value } = applyToScaleSet(plain, options);
    expect(value.tags).toEqual({ team: 'other', job: 'x' });
    expect(value.properties.overprovision).toBe(false);
    const { osProfile, storageProfile: storage } = value.properties.virtualMachineProfile;
    expect(osProfile).toEqual({ adminUsername: 'ada' });
    expect(storage.osDisk).toEqual({ createOption: 'FromImage', diskSizeGB: 200 });
  });

  test('leaves what else the template says as it is', () => {
    const full = ScaleSetTemplate.parse({ value: fullScaleSet('Uniform') });
    const { value } = applyToScaleSet(full, { osDiskSizeGb: 200 });
    const changed = structuredClone(full.value);
    changed.properties.virtualMachineProfile.storageProfile.osDisk!.diskSizeGB = 200;
    expect(value).toEqual(changed);
  });
});

test('a VM is changed in the same way', () => {
  const { value } = applyToVirtualMachine(machine, { tags: { job: 'x' }, osDiskSizeGb: 99, sshUser: 'ada' });
  expect(value.tags).toEqual({ ...fullVirtualMachine.tags, job: 'x' });
  expect(value.properties.osProfile).toEqual({ adminUsername: 'ada' });
  expect(value.properties.storageProfile.osDisk).toMatchObject({ diskSizeGB: 99, caching: 'ReadOnly' });
});

describe('Spot options', () => {
  test.each([
    [{ maxPrice: 0 }],
    [{ maxPrice: -2 }],
    [{ regularPercentageAboveBase: 101 }],
    [{ baseRegularCount: -1 }],
    [{ price: 1 }],
  ])('refuse %j', (options) => expect(SpotOptions.safeParse(options).success).toBe(false));
});

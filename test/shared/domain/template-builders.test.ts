import {
  builderSchemas,
  NetworkInterfaceBuilder,
  ScaleSetBuilder,
  templateSchemas,
  VirtualMachineBuilder,
} from '../../../shared/contracts';
import {
  buildNetworkInterfaceTemplate,
  buildScaleSetTemplate,
  buildVirtualMachineTemplate,
} from '../../../shared/domain';

const mine = '11111111-1111-1111-1111-111111111111';
const theirs = '22222222-2222-2222-2222-222222222222';
const common = {
  subscriptionid: mine,
  admin_username: 'cvx',
  location: 'southcentralus',
  resourcegroup: 'rg-main',
  imagegallery: 'mygallery',
  imagename: 'myimage',
};
const scaleSet = { ...common, vnet: 'my-vnet', subnet: 'my-subnet', skuname: 'Standard_D2s_v5' };
const virtualMachine = { ...common, vmsize: 'Standard_D8s_v5' };
const networkInterface = {
  subscriptionid: mine,
  resourcegroup_vnet: 'rg-net',
  vnet: 'my-vnet',
  subnet: 'my-subnet',
  location: 'southcentralus',
};

const galleryImage = `/subscriptions/${mine}/resourceGroups/rg-main/providers/Microsoft.Compute/galleries/mygallery/images/myimage`;
const subnet = (group: string) => ({
  id: `/subscriptions/${mine}/resourceGroups/${group}/providers/Microsoft.Network/virtualNetworks/my-vnet/subnets/my-subnet`,
});
const scratch = 'mkdir -p -m 777 /mnt/scratch\nln -sfn /mnt/scratch /scratch';
const osDisk = {
  createOption: 'FromImage',
  caching: 'ReadWrite',
  diskSizeGB: 60,
  managedDisk: { storageAccountType: 'Standard_LRS' },
};
const ofScaleSet = (changes: object) =>
  buildScaleSetTemplate('cbox', ScaleSetBuilder.parse({ ...scaleSet, ...changes }));
const ofMachine = (changes: object) =>
  buildVirtualMachineTemplate(VirtualMachineBuilder.parse({ ...virtualMachine, ...changes }));

describe('the required arguments alone make, with the defaults of AzManagers,', () => {
  test('a scale-set template', () => {
    expect(ofScaleSet({})).toEqual({
      subscriptionId: mine,
      resourceGroup: 'rg-main',
      bootCommands: [scratch],
      value: {
        location: 'southcentralus',
        sku: { name: 'Standard_D2s_v5', tier: 'Standard' },
        properties: {
          orchestrationMode: 'Uniform',
          singlePlacementGroup: false,
          virtualMachineProfile: {
            osProfile: { adminUsername: 'cvx' },
            storageProfile: { imageReference: { id: galleryImage }, osDisk },
            securityProfile: { encryptionAtHost: false },
            networkProfile: {
              networkInterfaceConfigurations: [
                {
                  name: 'cbox',
                  properties: {
                    primary: true,
                    ipConfigurations: [{ name: 'cbox', properties: { subnet: subnet('rg-main') } }],
                  },
                },
              ],
            },
          },
        },
      },
    });
  });

  test('a virtual-machine template', () => {
    expect(ofMachine({})).toEqual({
      subscriptionId: mine,
      resourceGroup: 'rg-main',
      bootCommands: [scratch],
      value: {
        location: 'southcentralus',
        properties: {
          hardwareProfile: { vmSize: 'Standard_D8s_v5' },
          storageProfile: { imageReference: { id: galleryImage }, osDisk },
          osProfile: { adminUsername: 'cvx' },
          securityProfile: { encryptionAtHost: false },
        },
      },
    });
  });

  test.each([
    ['with accelerated networking', {}, true],
    ['without it where asked', { accelerated: false }, false],
  ])('a network-interface template %s', (_what, changes, isAccelerated) => {
    const builder = NetworkInterfaceBuilder.parse({ ...networkInterface, ...changes });
    expect(buildNetworkInterfaceTemplate(builder)).toEqual({
      value: {
        location: 'southcentralus',
        properties: {
          enableAcceleratedNetworking: isAccelerated,
          ipConfigurations: [{ name: 'ipConfig1', properties: { subnet: subnet('rg-net') } }],
        },
      },
    });
  });
});

const profile = ['value', 'properties', 'virtualMachineProfile'];
const storage = [...profile, 'storageProfile'];
const theirImage = `/subscriptions/${theirs}/resourceGroups/rg-images/providers/Microsoft.Compute/galleries/mygallery/images/myimage`;

describe('an argument of build_sstemplate goes where it belongs:', () => {
  test.each<[object, string[], unknown]>([
    [{ skutier: 'Basic' }, ['value', 'sku', 'tier'], 'Basic'],
    [{ osdisksize: 200 }, [...storage, 'osDisk', 'diskSizeGB'], 200],
    [
      { subscriptionid_image: theirs, resourcegroup_image: 'rg-images' },
      [...storage, 'imageReference', 'id'],
      theirImage,
    ],
    [
      { subscriptionid_image: '', resourcegroup_image: '' },
      [...storage, 'imageReference', 'id'],
      galleryImage,
    ],
    [
      { resourcegroup_vnet: 'rg-net' },
      [...profile, 'networkProfile', 'networkInterfaceConfigurations', '0', 'properties', 'ipConfigurations'],
      [{ name: 'cbox', properties: { subnet: subnet('rg-net') } }],
    ],
    [{ tags: { team: 'seismic' } }, ['value', 'tags'], { team: 'seismic' }],
    [{ tempdisk: 'mkdir /scratch' }, ['bootCommands'], ['mkdir /scratch']],
    [{ encryption_at_host: true }, [...profile, 'securityProfile'], { encryptionAtHost: true }],
  ])('%j', (changes, path, expected) => {
    const found = path.reduce<unknown>(
      (value, key) => (value as Record<string, unknown>)[key],
      ofScaleSet(changes),
    );
    expect(found).toEqual(expected);
  });

  test('an empty tempdisk is no boot command', () => {
    expect(ofScaleSet({ tempdisk: '' })).not.toHaveProperty('bootCommands');
  });
});

describe('data disks', () => {
  const premium = { storageAccountType: 'Premium_LRS' };
  const datadisks = [
    {},
    { lun: 7, name: 'mine', diskSizeGB: 100, managedDisk: { storageAccountType: 'StandardSSD_LRS' } },
    { caching: 'ReadOnly' },
  ];
  const expected = [
    { lun: 1, createOption: 'Empty', diskSizeGB: 1023, managedDisk: premium },
    {
      lun: 2,
      createOption: 'Empty',
      diskSizeGB: 100,
      managedDisk: { storageAccountType: 'StandardSSD_LRS' },
    },
    { lun: 3, createOption: 'Empty', diskSizeGB: 1023, managedDisk: premium, caching: 'ReadOnly' },
  ];

  test('have 1023 GB of Premium_LRS by default, and the LUN of their position from 1 whatever was given', () => {
    const { storageProfile } = ofScaleSet({ datadisks }).value.properties.virtualMachineProfile;
    expect(storageProfile.dataDisks).toEqual(expected);
    expect(ofMachine({ datadisks }).value.properties.storageProfile.dataDisks).toEqual(expected);
  });

  test.each([
    ['UltraSSD_LRS', { ultraSSDEnabled: true }],
    ['Premium_LRS', undefined],
  ])('%s: additional capabilities %j', (storageAccountType, capabilities) => {
    const disks = { datadisks: [{}, { managedDisk: { storageAccountType } }] };
    expect(ofScaleSet(disks).value.properties.additionalCapabilities).toEqual(capabilities);
    expect(ofMachine(disks).value.properties.additionalCapabilities).toEqual(capabilities);
  });
});

test('what the builders make is a template as it would be PUT', () => {
  const disks = { datadisks: [{}, {}], tags: { a: 'b' } };
  const ofInterface = buildNetworkInterfaceTemplate(NetworkInterfaceBuilder.parse(networkInterface));
  expect(templateSchemas['scale-set'].parse(ofScaleSet(disks))).toEqual(ofScaleSet(disks));
  expect(templateSchemas['virtual-machine'].parse(ofMachine(disks))).toEqual(ofMachine(disks));
  expect(templateSchemas['network-interface'].parse(ofInterface)).toEqual(ofInterface);
});

describe('refused with the path of every problem:', () => {
  test.each<[string, keyof typeof builderSchemas, object, string[]]>([
    [
      'what a scale set must have',
      'scale-set',
      {},
      Object.keys(scaleSet).map((argument) => `builder.${argument}`),
    ],
    [
      'what a virtual machine must have',
      'virtual-machine',
      {},
      Object.keys(virtualMachine).map((argument) => `builder.${argument}`),
    ],
    [
      'what an interface must have',
      'network-interface',
      {},
      Object.keys(networkInterface).map((argument) => `builder.${argument}`),
    ],
    [
      'a managed disk without a storage type, and a size of text',
      'scale-set',
      { ...scaleSet, datadisks: [{ managedDisk: {} }], osdisksize: '60' },
      ['builder.datadisks.0.managedDisk.storageAccountType', 'builder.osdisksize'],
    ],
    ['a name with a slash', 'scale-set', { ...scaleSet, vnet: 'a/b' }, ['builder.vnet']],
    [
      'more data disks than there are LUNs',
      'scale-set',
      { ...scaleSet, datadisks: Array.from({ length: 64 }, () => ({})) },
      ['builder.datadisks'],
    ],
    [
      'an argument of another builder',
      'virtual-machine',
      { ...virtualMachine, skuname: 'Standard_D2s_v5' },
      ['builder'],
    ],
  ])('%s', (_what, kind, builder, paths) => {
    const { error } = builderSchemas[kind].safeParse({ builder });
    expect(error?.issues.map((issue) => issue.path.join('.')).sort()).toEqual([...paths].sort());
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  builderSchemas,
  NetworkInterfaceBuilder,
  ScaleSetBuilder,
  templateSchemas,
  VirtualMachineBuilder,
} from '../../../shared/contracts';
import {
  azManagersPath,
  buildNetworkInterfaceTemplate,
  buildScaleSetTemplate,
  buildVirtualMachineTemplate,
  importedName,
  translateManifest,
  translateTemplate,
} from '../../../shared/domain';

const read = (file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(__dirname, '../../fixtures/azmanagers', file), 'utf8')) as Record<
    string,
    unknown
  >;
const scaleSets = read('templates_scaleset.json');
const machines = read('templates_vm.json');
const interfaces = read('templates_nic.json');

const arguments_ = {
  subscriptionid: '11111111-1111-1111-1111-111111111111',
  resourcegroup: 'rg-muster',
  admin_username: 'cvx',
  location: 'westeurope',
  imagegallery: 'galmuster',
  imagename: 'linux',
  tempdisk: 'sudo mkdir -m 777 /mnt/scratch\nln -s /mnt/scratch /scratch',
};
const network = { vnet: 'vnet-muster', subnet: 'default' };
const premium = { managedDisk: { storageAccountType: 'Premium_LRS' } };

describe("what AzManagers' builders wrote is the template that the same arguments make here:", () => {
  /** AzManagers writes out what is empty or off. */
  const plain = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (key, inner: unknown) =>
        (key === 'dataDisks' && (inner as unknown[]).length === 0) ||
        (key === 'additionalCapabilities' && !(inner as { ultraSSDEnabled: boolean }).ultraSSDEnabled)
          ? undefined
          : inner,
      ),
    );

  test('a scale set with data disks', () => {
    const builder = ScaleSetBuilder.parse({
      ...arguments_,
      ...network,
      skuname: 'Standard_D16s_v5',
      datadisks: [{}, { diskSizeGB: 4096, managedDisk: { storageAccountType: 'UltraSSD_LRS' } }],
      tags: { team: 'imaging', 'platformsettings.host_environment.disablehyperthreading': 'True' },
    });
    const { value } = translateTemplate('scale-set', scaleSets['hub/cbox16+ultra']);
    expect(plain(templateSchemas['scale-set'].parse(value))).toEqual(
      buildScaleSetTemplate('cbox16plusultra', builder),
    );
  });

  test.each([
    ['cbox02', []],
    ['cbox-disks', [premium]],
  ])('the virtual machine %s', (name, datadisks) => {
    const builder = VirtualMachineBuilder.parse({ ...arguments_, vmsize: 'Standard_D2s_v5', datadisks });
    const { value } = translateTemplate('virtual-machine', machines[name]);
    expect(plain(templateSchemas['virtual-machine'].parse(value))).toEqual(
      buildVirtualMachineTemplate(builder),
    );
  });

  test.each([
    ['cbox-nic', true],
    ['cbox-basic-nic', false],
  ])('the interface %s', (name, accelerated) => {
    const { subscriptionid, location } = arguments_;
    const builder = NetworkInterfaceBuilder.parse({
      ...network,
      subscriptionid,
      location,
      resourcegroup_vnet: 'rg-muster',
      accelerated,
    });
    const { value, changes } = translateTemplate('network-interface', interfaces[name]);
    expect(templateSchemas['network-interface'].parse(value)).toEqual(buildNetworkInterfaceTemplate(builder));
    expect(changes).toEqual([]);
  });
});

describe('each change is named by the path in the file:', () => {
  const changed = (...[kind, entry]: Parameters<typeof translateTemplate>): string[] =>
    translateTemplate(kind, entry)
      .changes.map(({ change, path }) => `${change} ${path}`)
      .sort();

  test('a scale set', () => {
    expect(changed('scale-set', scaleSets.cbox02)).toEqual([
      'dropped value.properties.overprovision',
      'dropped value.properties.upgradePolicy',
      'dropped value.properties.virtualMachineProfile.osProfile.computerNamePrefix',
      'dropped value.properties.virtualMachineProfile.osProfile.linuxConfiguration',
      'dropped value.sku.capacity',
      'renamed tempdisk',
    ]);
  });

  test('a virtual machine with its placeholder of an interface and a misnamed kind of disk', () => {
    expect(changed('virtual-machine', machines['cbox-disks'])).toEqual([
      'dropped value.properties.networkProfile',
      'dropped value.properties.osProfile.computerName',
      'dropped value.properties.osProfile.linuxConfiguration',
      'dropped value.properties.storageProfile.dataDisks[0].name',
      'renamed tempdisk',
      'replaced value.properties.storageProfile.dataDisks[0].managedDisk.storageAccountType',
    ]);
  });

  test('an interface as Azure answers it, in a wrapper or without one', () => {
    const [subnet] = [{ id: '/subscriptions/s/resourceGroups/g/providers/x' }];
    const body = {
      location: 'westeurope',
      etag: 'W/"1"',
      properties: {
        provisioningState: 'Succeeded',
        ipConfigurations: [
          {
            name: 'ipConfig1',
            properties: { subnet, privateIPAllocationMethod: 'Dynamic', privateIPAddress: '10.0.0.4' },
          },
        ],
      },
    };
    const paths = [
      'dropped etag',
      'dropped properties.ipConfigurations[0].properties.privateIPAddress',
      'dropped properties.ipConfigurations[0].properties.privateIPAllocationMethod',
      'dropped properties.provisioningState',
    ];
    expect(changed('network-interface', body)).toEqual(paths);
    expect(changed('network-interface', { value: body })).toEqual(
      paths.map((path) => path.replace(' ', ' value.')),
    );
    const { value } = translateTemplate('network-interface', body);
    expect(templateSchemas['network-interface'].safeParse(value).success).toBe(true);
  });

  test('what is not known to be noise stays, for the schema to refuse', () => {
    const fixed = {
      properties: { ipConfigurations: [{ properties: { privateIPAllocationMethod: 'Static' } }] },
    };
    expect(changed('network-interface', fixed)).toEqual([]);
  });

  test.each([[null], ['text'], [[]], [3]])('%j is not a template', (entry) => {
    const { value } = translateTemplate('scale-set', entry);
    expect(templateSchemas['scale-set'].safeParse(value).success).toBe(false);
  });
});

describe('the manifest', () => {
  const manifest = read('manifest.json');
  const key = 'ssh-rsa AAAA jane';

  test.each<[string, Record<string, string>, string[] | undefined]>([
    ['that came along under its name', { 'azmanagers_rsa.pub': `${key}\n`, 'other.pub': 'x' }, [key]],
    ['that came along alone', { 'id_rsa.pub': key }, [key]],
    ['among others of other names', { 'a.pub': key, 'b.pub': key }, undefined],
    ['that did not come', {}, undefined],
  ])('has the public key %s', (_what, files, keys) => {
    const { value, changes } = translateManifest(manifest, files);
    expect((value as { sshPublicKeys?: string[] }).sshPublicKeys).toEqual(keys);
    expect(changes.map(({ change, path }) => [path, change])).toEqual([
      ['ssh_private_key_file', 'dropped'],
      ['ssh_public_key_file', keys ? 'replaced' : 'dropped'],
    ]);
  });

  test('takes an empty ssh user for none, and drops what AzManagers does not read', () => {
    const { value, changes } = translateManifest({ ...manifest, ssh_user: '', colour: 'red' }, {});
    expect(value).not.toHaveProperty('sshUser');
    expect(changes).toContainEqual(expect.objectContaining({ change: 'dropped', path: 'colour' }));
  });
});

test.each([
  ['cbox', 'cbox'],
  ['hub/cbox+spot', 'hub-cboxplusspot'],
  ['_a b_', 'a-b'],
  ['a'.repeat(60), 'a'.repeat(54)],
  [`${'a'.repeat(53)}/b`, 'a'.repeat(53)],
  ['/+/', 'plus'],
  ['ä', undefined],
])('a template called %j is %j here', (theirs, ours) => expect(importedName(theirs)).toBe(ours));

test.each([
  ['bootCommands[0]', 'tempdisk'],
  ['subscriptionId', 'subscriptionid'],
  ['sshUser', 'ssh_user'],
  ['value.sku.name', 'value.sku.name'],
])('a problem at %s is told at %s', (ours, theirs) => expect(azManagersPath(ours)).toBe(theirs));

test('every kind of template has a builder', () => {
  expect(Object.keys(builderSchemas)).toEqual(Object.keys(templateSchemas));
});

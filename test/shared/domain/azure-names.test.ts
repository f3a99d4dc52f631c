import { ResourceName } from '../../../shared/contracts';
import {
  computerName,
  networkInterfaceResourceId,
  scaleSetAzureName,
  scaleSetResourceId,
  virtualMachineAzureName,
  virtualMachineResourceId,
  workQueueName,
} from '../../../shared/domain';

const longest = `a${'-._'.repeat(17)}bb`;
const nasty = [
  'a',
  'A',
  '7',
  'cbox',
  'My.Box_2',
  'a--b',
  'a.-_b',
  'a___________________________________________________b',
  'a'.repeat(54),
  `${'a'.repeat(39)}-${'b'.repeat(14)}`,
  `${'a'.repeat(40)}-${'b'.repeat(13)}`,
  longest,
];
const place = { subscriptionId: 's', resourceGroup: 'g' };

test('the nasty names are names, and the longest is as long as a name may be', () => {
  for (const name of nasty) expect(ResourceName.safeParse(name).success).toBe(true);
  expect(longest).toHaveLength(54);
  expect(ResourceName.safeParse(`${longest}c`).success).toBe(false);
});

describe.each(nasty)('of the name %s', (name) => {
  test.each(['scale-set', 'virtual-machine'] as const)('the queue of a %s has a name Azure takes', (kind) => {
    const queue = workQueueName({ kind, name, incarnation: '0a1b2c3d' });
    expect(queue).toMatch(/^[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]$/);
    expect(queue).toContain('0a1b2c3d');
  });

  test('the host name and its scale-set form are ones Linux takes', () => {
    expect(computerName(name)).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
    expect(`${computerName(name)}-`.length + 6).toBeLessThanOrEqual(64);
  });

  test('the names of its Azure resources are ones Azure takes', () => {
    for (const azure of [scaleSetAzureName(name), virtualMachineAzureName(name)]) {
      expect(azure).toMatch(/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])$/);
      expect(azure.length).toBeLessThanOrEqual(64);
    }
  });
});

test('the queues of two owners differ, whatever their names have in common', () => {
  const queues = ['scale-set', 'virtual-machine'].flatMap((kind) =>
    ['00000000', '00000001'].map((incarnation) =>
      workQueueName({ kind: kind as 'scale-set', name: 'a'.repeat(54), incarnation }),
    ),
  );
  expect(new Set(queues).size).toBe(4);
});

test('names that differ in case alone are one resource', () => {
  expect(scaleSetResourceId(place, 'CBox')).toBe(scaleSetResourceId(place, 'cbox'));
  expect(virtualMachineResourceId(place, 'CBox')).toBe(
    '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm-cbox',
  );
  expect(networkInterfaceResourceId(place, 'CBox')).toBe(
    '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/nic-cbox',
  );
});

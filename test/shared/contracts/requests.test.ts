import {
  EnvironmentVariables,
  JobRequest,
  Manifest,
  maxScriptBytes,
  ScaleSetRequest,
  ScaleSetTemplate,
} from '../../../shared/contracts';

const target = { scaleSet: 'cbox' };
const takes = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown): boolean =>
  schema.safeParse(value).success;

describe('a job', () => {
  test.each([
    ['a program', { target, run: { program: 'hostname' } }],
    ['a script', { target, run: { script: 'echo a' } }],
    ['a script for Python', { target, run: { script: 'print(1)', interpreter: ['python3', '-u'] } }],
    ['an array', { target, run: { program: 'a' }, array: { count: 100_000 } }],
    ['a virtual machine as its target', { target: { virtualMachine: 'big' }, run: { program: 'a' } }],
    ['a script as large as may be', { target, run: { script: 'é'.repeat(maxScriptBytes / 2) } }],
    ['an empty argument', { target, run: { program: 'a', arguments: [''] } }],
  ])('may be %s', (_what, body) => expect(takes(JobRequest, body)).toBe(true));

  test.each([
    ['nothing to run', { target }],
    ['an empty program', { target, run: { program: '' } }],
    ['a program and a script', { target, run: { program: 'a', script: 'b' } }],
    ['an array of none', { target, run: { program: 'a' }, array: { count: 0 } }],
    ['an array too large', { target, run: { program: 'a' }, array: { count: 100_001 } }],
    ['half a task', { target, run: { program: 'a' }, array: { count: 1.5 } }],
    ['two targets', { target: { scaleSet: 'a', virtualMachine: 'b' }, run: { program: 'a' } }],
    ['no target', { run: { program: 'a' } }],
    ['a script one byte too large', { target, run: { script: `${'é'.repeat(maxScriptBytes / 2)}a` } }],
    ['a NUL in an argument', { target, run: { program: 'a', arguments: ['a\0b'] } }],
    ['no interpreter', { target, run: { script: 'a', interpreter: [] } }],
    ['a field of no meaning', { target, run: { program: 'a' }, timeout: 5 }],
  ])('may not have %s', (_what, body) => expect(takes(JobRequest, body)).toBe(false));

  test('has defaults for all that is left out', () => {
    expect(JobRequest.parse({ target, run: { program: 'a' } })).toEqual({
      target,
      run: { program: 'a', arguments: [] },
      environmentVariables: {},
      controlPlaneAccess: false,
      onEviction: 'requeue',
      priority: 'normal',
      dependsOn: [],
    });
  });
});

test.each([
  [{ PATH: '/bin', _a1: '' }, true],
  [{ '1A': 'x' }, false],
  [{ 'A=B': 'x' }, false],
  [{ A: 'x\0' }, false],
  [{ A: 1 }, false],
  [{}, true],
])('environment variables %j: %p', (value, isTaken) => {
  expect(takes(EnvironmentVariables, value)).toBe(isTaken);
});

test.each([
  [{ template: 'a', capacity: 0 }, true],
  [{ template: 'a', capacity: 1000 }, true],
  [{ template: 'a', capacity: 1001 }, false],
  [{ template: 'a', capacity: -1 }, false],
  [{ template: 'a', capacity: '3' }, false],
  [{ template: 'a' }, false],
  [{ capacity: 1 }, false],
])('a scale set of %j: %p', (value, isTaken) => {
  expect(takes(ScaleSetRequest, value)).toBe(isTaken);
});

test.each([
  [{ subscriptionId: '00000000-0000-0000-0000-000000000000', resourceGroup: 'my-group' }, true],
  [{ subscriptionId: 'mine', resourceGroup: 'my-group' }, false],
  [{ subscriptionId: '00000000-0000-0000-0000-000000000000', resourceGroup: 'ends.' }, false],
  [{ subscriptionId: '00000000-0000-0000-0000-000000000000', resourceGroup: 'a/b' }, false],
])('a manifest of %j: %p', (value, isTaken) => {
  expect(takes(Manifest, value)).toBe(isTaken);
});

describe('the body of a scale-set template', () => {
  const subnet = {
    id: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n/subnets/x',
  };
  const value = {
    location: 'westeurope',
    sku: { name: 'Standard_D2s_v5' },
    properties: {
      virtualMachineProfile: {
        storageProfile: { imageReference: { publisher: 'p', offer: 'o', sku: 's', version: 'latest' } },
        networkProfile: {
          networkInterfaceConfigurations: [
            { name: 'nic', properties: { ipConfigurations: [{ name: 'ip', properties: { subnet } }] } },
          ],
        },
      },
    },
  };
  test('is an ARM body', () => expect(takes(ScaleSetTemplate, { value })).toBe(true));
  test.each([
    ['the capacity', { ...value, sku: { ...value.sku, capacity: 3 } }],
    [
      'customData',
      {
        ...value,
        properties: {
          virtualMachineProfile: {
            ...value.properties.virtualMachineProfile,
            osProfile: { customData: 'x' },
          },
        },
      },
    ],
  ])('may not hold %s, which Muster sets itself', (_what, body) => {
    expect(takes(ScaleSetTemplate, { value: body })).toBe(false);
  });
});

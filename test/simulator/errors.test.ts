import { appToken, GROUP, openSimulator, type Fixture } from './support/simulator-fixture';
import { LOCATION } from './support/models';

let fixture: Fixture;
let base: string;

beforeAll(async () => {
  fixture = await openSimulator({ operationDelayMs: 1 });
  base = `/subscriptions/${fixture.simulator.subscriptionId}`;
});

afterAll(() => fixture.simulator.close());

const SETS = `/resourceGroups/${GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets`;
const V = 'api-version=2026-04-01';

async function errorOf(
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<{ status: number; code: string; message: string }> {
  const answer = await fixture.arm(method, path, body, headers);
  const { error } = answer.body as { error: { code: string; message: string } };
  return { status: answer.status, code: error.code, message: error.message };
}

test('a request without a token is a 401 that says so and challenges', async () => {
  const answer = await fixture.arm('GET', `${base}${SETS}/a?${V}`, undefined, { Authorization: '' });
  expect(answer.status).toBe(401);
  expect(answer.body).toEqual({
    error: {
      code: 'AuthenticationFailed',
      message: "Authentication failed. The 'Authorization' header is missing.",
    },
  });
  expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer authorization_uri=/);
});

test('a made-up token, a token for another resource and an expired one are refused, each with its own code', async () => {
  const path = `${base}${SETS}/a?${V}`;
  expect(await errorOf('GET', path, undefined, { Authorization: 'Bearer fake' })).toMatchObject({
    status: 401,
    code: 'InvalidAuthenticationToken',
  });
  const storage = await appToken(fixture.simulator, 'https://storage.azure.com');
  expect(await errorOf('GET', path, undefined, { Authorization: `Bearer ${storage}` })).toMatchObject({
    status: 401,
    code: 'InvalidAuthenticationTokenAudience',
  });
  const brief = await openSimulator({ tokenLifetimeMs: 0 });
  const answer = await brief.arm('GET', path);
  await brief.simulator.close();
  expect(answer.status).toBe(401);
  expect((answer.body as { error: { code: string } }).error.code).toBe('ExpiredAuthenticationToken');
});

test.each([
  [
    'no api-version',
    'GET',
    `${SETS}/a`,
    400,
    'MissingApiVersionParameter',
    'The api-version query parameter (?api-version=) is required for all requests.',
  ],
  [
    'an unknown api-version on GET',
    'GET',
    `${SETS}/a?api-version=2001-01-01`,
    400,
    'InvalidResourceType',
    /could not be found in the namespace 'Microsoft.Compute' for api version '2001-01-01'/,
  ],
  [
    'an unknown api-version on PUT',
    'PUT',
    `${SETS}/a?api-version=2001-01-01`,
    400,
    'NoRegisteredProviderFound',
    /No registered resource provider found for location 'westeurope' and API version '2001-01-01'/,
  ],
  [
    'an unknown resource group',
    'GET',
    `${SETS.replace(GROUP, 'nope')}/a?${V}`,
    404,
    'ResourceGroupNotFound',
    "Resource group 'nope' could not be found.",
  ],
  [
    'an unknown scale set',
    'GET',
    `${SETS}/a?${V}`,
    404,
    'ResourceNotFound',
    /^The Resource 'Microsoft.Compute\/virtualMachineScaleSets\/a' under resource group 'rg-muster' was not found\. For more details please go to https:\/\/aka\.ms\/ARMResourceNotFoundFix$/,
  ],
  [
    'instances of an unknown scale set',
    'GET',
    `${SETS}/a/virtualMachines?${V}`,
    404,
    'ParentResourceNotFound',
    "Can not perform requested operation on nested resource. Parent resource 'a' not found.",
  ],
  [
    'a type the simulator lacks',
    'GET',
    `/resourceGroups/${GROUP}/providers/Microsoft.Compute/availabilitySets?${V}`,
    501,
    'NotImplemented',
    /does not have the resource type Microsoft.Compute\/availabilitySets; of Microsoft.Compute it has virtualMachineScaleSets/,
  ],
  [
    'a provider the simulator lacks',
    'GET',
    `/resourceGroups/${GROUP}/providers/Microsoft.Batch/batchAccounts/a?${V}`,
    501,
    'NotImplemented',
    /the resource provider Microsoft.Batch/,
  ],
  [
    'an action the simulator lacks',
    'POST',
    `${SETS}/a/convertToSinglePlacementGroup?${V}`,
    501,
    'NotImplemented',
    /Microsoft.Compute\/virtualMachineScaleSets\/convertToSinglePlacementGroup/,
  ],
])('%s is answered as Azure words it', async (_what, method, path, status, code, message) => {
  const found = await errorOf(method, base + path, method === 'PUT' ? { location: LOCATION } : undefined);
  expect(found).toMatchObject({ status, code });
  if (typeof message === 'string') expect(found.message).toBe(message);
  else expect(found.message).toMatch(message);
});

test('another subscription does not exist', async () => {
  const other = '/subscriptions/11111111-1111-1111-1111-111111111111';
  expect(await errorOf('GET', `${other}${SETS}/a?${V}`)).toEqual({
    status: 404,
    code: 'SubscriptionNotFound',
    message: "The subscription '11111111-1111-1111-1111-111111111111' could not be found.",
  });
  expect(await errorOf('GET', `/subscriptions/x${SETS}/a?${V}`)).toMatchObject({
    status: 400,
    code: 'InvalidSubscriptionId',
  });
});

test('the instance of a set that is not there is not found in this location', async () => {
  const body = {
    location: LOCATION,
    sku: { name: 'Standard_D2s_v5', capacity: 0 },
    properties: { orchestrationMode: 'Flexible', platformFaultDomainCount: 1 },
  };
  expect((await fixture.arm('PUT', `${base}${SETS}/empty?${V}`, body)).status).toBe(201);
  expect(await errorOf('GET', `${base}${SETS}/empty/virtualMachines/7?${V}`)).toEqual({
    status: 404,
    code: 'NotFound',
    message: 'The entity was not found in this Azure location.',
  });
});

const uniform = (properties: object, rest: object = {}): object => ({
  location: LOCATION,
  sku: { name: 'Standard_D2s_v5', capacity: 1 },
  ...rest,
  properties: {
    upgradePolicy: { mode: 'Manual' },
    virtualMachineProfile: { storageProfile: {} },
    ...properties,
  },
});

test.each([
  [
    'malformed JSON',
    '{"location": ',
    'InvalidRequestContent',
    /^The request content was invalid and could not be deserialized/,
  ],
  [
    'an unknown member at the top',
    { location: LOCATION, sky: {} },
    'InvalidRequestContent',
    /Could not find member 'sky' on object of type 'ResourceDefinition'/,
  ],
  [
    'an unknown member of the model',
    uniform({ virtualMachineProfile: { customdata: 'x' } }),
    'BadRequest',
    "Could not find member 'customdata' on object of type 'VirtualMachineProfile'",
  ],
  [
    'a member of the wrong type',
    uniform({ overprovision: 'yes' }),
    'BadRequest',
    /Error converting value "yes" to type 'System.Boolean'/,
  ],
  ['no location', { sku: {} }, 'LocationRequired', 'The location property is required for this definition.'],
  [
    'a location that is not served',
    { location: 'mars' },
    'LocationNotAvailableForResourceType',
    /The provided location 'mars' is not available/,
  ],
  [
    'a size that does not exist',
    uniform({}, { sku: { name: 'Standard_Z1', capacity: 1 } }),
    'InvalidParameter',
    /The value Standard_Z1 provided for the VM size is not valid/,
  ],
  [
    'no upgrade policy',
    uniform({ upgradePolicy: undefined }),
    'InvalidParameter',
    "Required parameter 'upgradePolicy' is missing (null).",
  ],
  [
    'too many instances for one placement group',
    uniform({}, { sku: { name: 'Standard_D2s_v5', capacity: 101 } }),
    'InvalidParameter',
    /101 is not between 0 and 100/,
  ],
  [
    'an eviction policy without Spot',
    uniform({ virtualMachineProfile: { evictionPolicy: 'Delete' } }),
    'EvictionPolicyCanBeSetOnlyOnAzureSpotVirtualMachines',
    /.*/,
  ],
  [
    'customData that is no base64',
    uniform({ virtualMachineProfile: { osProfile: { customData: '#!' } } }),
    'InvalidParameter',
    'Custom data in OSProfile must be in Base64 encoding and with a maximum length of 87380 characters.',
  ],
])('a scale set with %s is refused and not created', async (_what, body, code, message) => {
  const found = await errorOf('PUT', `${base}${SETS}/bad?${V}`, body);
  expect(found).toMatchObject({ status: 400, code });
  if (typeof message === 'string') expect(found.message).toBe(message);
  else expect(found.message).toMatch(message);
  expect((await fixture.arm('GET', `${base}${SETS}/bad?${V}`)).status).toBe(404);
});

test('a NIC in a subnet that does not exist is refused as a broken reference', async () => {
  const path = `${base}/resourceGroups/${GROUP}/providers/Microsoft.Network/networkInterfaces/n?api-version=2026-01-01`;
  const subnet = { id: `${fixture.subnetId}x` };
  const body = {
    location: LOCATION,
    properties: { ipConfigurations: [{ name: 'ip', properties: { subnet } }] },
  };
  const found = await errorOf('PUT', path, body);
  expect(found).toMatchObject({ status: 400, code: 'InvalidResourceReference' });
  expect(found.message).toContain(`Resource ${subnet.id} referenced by resource`);
});

test('errors in the body of a network resource come as the network provider words them', async () => {
  const path = `${base}/resourceGroups/${GROUP}/providers/Microsoft.Network/networkInterfaces/n?api-version=2026-01-01`;
  const answer = await fixture.arm('PUT', path, { location: LOCATION, properties: { ipConfig: [] } });
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({
    error: {
      code: 'InvalidRequestFormat',
      message: 'Cannot parse the request.',
      details: [{ code: 'InvalidJson' }],
    },
  });
});

import { createPublicKey, verify } from 'node:crypto';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { FAST, GROUP, openSimulator, appToken, type Fixture } from './support/simulator-fixture';
import { uniformSet } from './support/models';
import { VmTokenIssuer } from '../../simulator/identity/vm-token-issuer';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await openSimulator();
});

afterAll(() => fixture.simulator.close());

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

test('a token can be verified with the keys that the OpenID configuration names', async () => {
  const { url, tenantId } = fixture.simulator;
  const configuration = (await (
    await fetch(`${url}/${tenantId}/v2.0/.well-known/openid-configuration`)
  ).json()) as { issuer: string; jwks_uri: string };
  const { keys } = (await (await fetch(configuration.jwks_uri)).json()) as {
    keys: { kid: string }[];
  };
  const token = await appToken(fixture.simulator);
  const [header = '', payload = '', signature = ''] = token.split('.');
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
  const jwk = keys.find((one) => one.kid === kid);
  const key = createPublicKey({ key: jwk as never, format: 'jwk' });
  expect(
    verify('RSA-SHA256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')),
  ).toBe(true);
  expect(claimsOf(token)).toMatchObject({
    iss: configuration.issuer,
    tid: tenantId,
    aud: 'https://management.azure.com',
  });
});

test("the app's endpoint wants its secret header and its api-version", async () => {
  const { identityEndpoint, identityHeader } = fixture.simulator;
  const ask = (query: string, header: string): Promise<Response> =>
    fetch(`${identityEndpoint}${query}`, { headers: { 'X-IDENTITY-HEADER': header } });
  expect((await ask('?api-version=2019-08-01&resource=x', 'wrong')).status).toBe(403);
  expect((await ask('?api-version=2017-09-01&resource=x', identityHeader)).status).toBe(400);
  expect((await ask('?api-version=2019-08-01', identityHeader)).status).toBe(400);
  const body = (await (await ask('?api-version=2019-08-01&resource=x', identityHeader)).json()) as Record<
    string,
    unknown
  >;
  expect(body).toMatchObject({
    token_type: 'Bearer',
    resource: 'x',
    expires_on: expect.stringMatching(/^\d+$/),
  });
});

test('ManagedIdentityCredential of a function app gets a token that Resource Manager takes', async () => {
  const program = `const { ManagedIdentityCredential } = require('@azure/identity');
    new ManagedIdentityCredential().getToken('https://management.azure.com/.default').then((token) => console.log(token.token));`;
  const { identityEndpoint, identityHeader, url, subscriptionId } = fixture.simulator;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], {
    cwd: join(__dirname, '../..'),
    env: { ...process.env, IDENTITY_ENDPOINT: identityEndpoint, IDENTITY_HEADER: identityHeader },
  });
  const answer = await fetch(`${url}/subscriptions/${subscriptionId}?api-version=2021-04-01`, {
    headers: { Authorization: `Bearer ${stdout.trim()}` },
  });
  expect(answer.status).toBe(200);
});

test('a VM gets tokens for the identities that ARM gave it, and for no other', async () => {
  const { azure } = fixture.simulator;
  const userId = `/subscriptions/${azure.subscriptionId}/resourceGroups/${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/workers`;
  const identity = {
    type: 'SystemAssigned, UserAssigned' as const,
    userAssignedIdentities: { [userId]: {} },
  };
  await fixture.compute.virtualMachineScaleSets.createOrUpdate(
    GROUP,
    'known',
    { ...uniformSet(fixture, 1), identity },
    FAST,
  );
  await fixture.compute.virtualMachineScaleSets.createOrUpdate(
    GROUP,
    'unknown',
    uniformSet(fixture, 1),
    FAST,
  );
  const issuer = new VmTokenIssuer(azure.store, azure.tokens);
  const [known, unknown] = fixture.fleet.booted.map((spec) => spec.resourceId);
  const resource = 'https://management.azure.com/';
  const vm = await fixture.compute.virtualMachineScaleSetVMs.get(GROUP, 'known', '0');
  const system = issuer.issue({ resource, principalId: 'ignored', vmResourceId: known ?? '' });
  expect(claimsOf(system.accessToken)).toMatchObject({ oid: vm.identity?.principalId, xms_mirid: known });
  const clientId = Object.values(vm.identity?.userAssignedIdentities ?? {})[0]?.clientId ?? '';
  const user = issuer.issue({ resource, principalId: 'ignored', clientId, vmResourceId: known ?? '' });
  expect(claimsOf(user.accessToken)).toMatchObject({ appid: clientId });
  const byId = issuer.issue({
    resource,
    principalId: 'ignored',
    msiResourceId: userId.toUpperCase(),
    vmResourceId: known ?? '',
  });
  expect(claimsOf(byId.accessToken)).toMatchObject({ appid: clientId });
  expect(() =>
    issuer.issue({ resource, principalId: 'ignored', clientId: 'other', vmResourceId: known ?? '' }),
  ).toThrow('Identity not found');
  expect(() => issuer.issue({ resource, principalId: 'ignored', vmResourceId: unknown ?? '' })).toThrow(
    'Identity not found',
  );
});

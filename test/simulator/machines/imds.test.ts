import { request } from 'node:http';
import { ManagedIdentityCredential } from '@azure/identity';
import type { MachineSpec, TokenIssuer } from '../../../simulator/machines/index';
import { type Imds, startImds } from '../../../simulator/machines/imds/server';
import { ManualClock, specOf } from './fleet-fixture';

const spec: MachineSpec = specOf('#!/bin/sh\n', {
  resourceId:
    '/subscriptions/0000/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/set/virtualMachines/7',
  name: 'set_7',
  computerName: 'set000007',
  vmScaleSetName: 'set',
  priority: 'Spot',
  evictionPolicy: 'Delete',
  zone: '2',
  tags: { owner: 'someone', purpose: 'seismic work' },
  userData: Buffer.from('user data').toString('base64'),
  dataDisks: [{ lun: 0, name: 'data0', sizeGb: 64 }],
});

describe('IMDS of a VM', () => {
  const clock = new ManualClock();
  const asked: Parameters<TokenIssuer['issue']>[0][] = [];
  let imds: Imds;

  beforeAll(async () => {
    const tokenIssuer: TokenIssuer = {
      issue: (wish) => {
        asked.push(wish);
        if (wish.clientId === 'stranger') throw new Error('Identity not found');
        return { accessToken: `token for ${wish.resource}`, expiresOn: clock.now() / 1000 + 86_400 };
      },
    };
    imds = await startImds(spec, { clock, tokenIssuer, limitRate: false });
  });
  afterAll(() => imds.close());

  async function get(path: string, init: RequestInit = {}) {
    const answer = await fetch(imds.url + path, { headers: { Metadata: 'true' }, ...init });
    const text = await answer.text();
    return {
      status: answer.status,
      text,
      type: answer.headers.get('content-type'),
      json: () => JSON.parse(text) as unknown,
    };
  }

  const version = 'api-version=2021-02-01';

  it('is on the address of its VM', () => {
    expect(imds.url).toMatch(new RegExp(`^http://${spec.privateIpAddress}:\\d+$`));
  });

  it('tells what the VM is, every leaf a string and customData never', async () => {
    const { status, json, type } = await get('/metadata/instance?api-version=2025-04-07');
    expect(status).toBe(200);
    expect(type).toBe('application/json; charset=utf-8');
    expect(json()).toMatchObject({
      compute: {
        name: 'set_7',
        vmId: spec.vmId,
        vmScaleSetName: 'set',
        resourceId: spec.resourceId,
        resourceGroupName: 'rg',
        subscriptionId: '0000',
        location: 'westus2',
        zone: '2',
        vmSize: 'Standard_D2s_v5',
        priority: 'Spot',
        evictionPolicy: 'Delete',
        customData: '',
        userData: spec.userData,
        tags: 'owner:someone;purpose:seismic work',
        tagsList: [
          { name: 'owner', value: 'someone' },
          { name: 'purpose', value: 'seismic work' },
        ],
        osProfile: { adminUsername: 'azureuser', computerName: 'set000007' },
        storageProfile: {
          imageReference: {
            publisher: 'Canonical',
            offer: 'ubuntu-24_04-lts',
            sku: 'server',
            version: 'latest',
            id: '',
          },
          dataDisks: [{ lun: '0', name: 'data0', diskSizeGB: '64' }],
        },
      },
      network: {
        interface: [
          {
            ipv4: {
              ipAddress: [{ privateIpAddress: spec.privateIpAddress, publicIpAddress: '' }],
              subnet: [{ address: '127.32.0.0', prefix: '16' }],
            },
            macAddress: '000D3A123456',
          },
        ],
      },
    });
    const leaves: unknown[] = [];
    JSON.stringify(json(), (_, value: unknown) =>
      typeof value === 'object' ? value : (leaves.push(value), value),
    );
    expect(new Set(leaves.map((leaf) => typeof leaf))).toEqual(new Set(['string']));
  });

  it('walks into the document: folders as JSON or as a listing, leaves as text only', async () => {
    expect((await get(`/metadata/instance/compute/tagsList/1?${version}`)).json()).toEqual({
      name: 'purpose',
      value: 'seismic work',
    });
    const path = '/metadata/instance/network/interface/0/ipv4/ipAddress/0/privateIpAddress';
    const leaf = await get(`${path}?${version}&format=text`);
    expect([leaf.text, leaf.type]).toEqual([spec.privateIpAddress, 'text/plain; charset=utf-8']);
    expect((await get(`/metadata/instance?${version}&format=text`)).text).toBe('compute/\nnetwork/');
    expect(
      (await get(`/metadata/instance/compute/osProfile?${version}&format=text`)).text.split('\n'),
    ).toContain('computerName');
    expect((await get(`/METADATA/INSTANCE/COMPUTE/VMID?${version}&format=TEXT`)).text).toBe(spec.vmId);
    expect((await get(`/metadata/instance/compute/name?${version}`)).status).toBe(400);
    expect((await get(`/metadata/instance/compute?${version}&format=xml`)).status).toBe(400);
    expect((await get(`/metadata/instance/compute/name/x?${version}&format=text`)).status).toBe(404);
    expect(await get(`/metadata/instance/compute/nothing?${version}`)).toMatchObject({
      status: 404,
      text: '{"error":"Not found"}',
    });
    expect((await get(`/metadata/instance/compute/constructor?${version}`)).status).toBe(404);
  });

  it('refuses requests as IMDS does', async () => {
    const path = `/metadata/instance?${version}`;
    expect(await get(path, { headers: {} })).toMatchObject({
      status: 400,
      text: '{"error":"Bad request. Required metadata header not specified"}',
    });
    expect((await get(path, { headers: { Metadata: 'true', 'X-Forwarded-For': '10.0.0.1' } })).status).toBe(
      400,
    );
    for (const wrong of [
      '',
      '?api-version=2019-02-30',
      '?api-version=9999-01-01',
      '?api-version=2017-03-01',
    ]) {
      const answer = await get(`/metadata/instance${wrong}`);
      expect(answer.status).toBe(400);
      expect(answer.json()).toEqual({
        error:
          'Bad request. api-version is invalid or was not specified in the request. For more information refer to aka.ms/azureimds',
        'newest-versions': ['2025-04-07', '2024-07-17', '2024-03-15'],
      });
    }
    expect((await get(path, { method: 'POST', body: '' })).status).toBe(405);
    expect((await get('/metadata/unknown?api-version=2021-02-01')).status).toBe(404);
    expect((await get('/')).status).toBe(404);
    expect((await get('/metadata/attested/document?api-version=2021-02-01')).status).toBe(501);
    expect(
      (
        await get(`/metadata/scheduledevents?api-version=2020-07-01`, {
          method: 'POST',
          body: 'x'.repeat(100_000),
        })
      ).status,
    ).toBe(400);
  });

  it('lists its versions without being told one', async () => {
    const { apiVersions } = (await get('/metadata/versions')).json() as { apiVersions: string[] };
    expect(apiVersions).toEqual([...apiVersions].sort());
    expect(apiVersions).toEqual(expect.arrayContaining(['2021-02-01', '2025-04-07']));
  });

  it('gives tokens with and without a slash at the end, all numbers as strings', async () => {
    for (const slash of ['', '/']) {
      const path = `/metadata/identity/oauth2/token${slash}?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F`;
      expect((await get(path)).json()).toEqual({
        access_token: 'token for https://management.azure.com/',
        client_id: '',
        expires_in: '86400',
        ext_expires_in: '86400',
        expires_on: String(clock.now() / 1000 + 86_400),
        not_before: expect.stringMatching(/^\d+$/),
        refresh_token: '',
        resource: 'https://management.azure.com/',
        token_type: 'Bearer',
      });
    }
    expect(asked.at(-1)).toEqual({
      resource: 'https://management.azure.com/',
      principalId: spec.vmId,
      vmResourceId: spec.resourceId,
    });
    await get(
      '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=r&msi_res_id=/subscriptions/0000/x',
    );
    expect(asked.at(-1)).toMatchObject({ msiResourceId: '/subscriptions/0000/x' });
  });

  it('refuses tokens in the form of OAuth', async () => {
    const path = '/metadata/identity/oauth2/token?api-version=2018-02-01';
    expect(await get(path)).toMatchObject({ status: 400 });
    expect((await get(path)).json()).toMatchObject({ error: 'invalid_request' });
    expect((await get(`${path}&resource=r`, { headers: {} })).json()).toEqual({
      error: 'invalid_request',
      error_description: 'Required metadata header not specified',
    });
    expect(await get(`${path}&resource=r&client_id=stranger`)).toMatchObject({
      status: 400,
      text: '{"error":"invalid_request","error_description":"Identity not found"}',
    });
    expect((await get(`${path}&resource=r&client_id=a&object_id=b`)).status).toBe(400);
    expect((await get('/metadata/identity/oauth2/token?resource=r')).status).toBe(400);
  });

  it("satisfies @azure/identity's managed identity", async () => {
    process.env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] = imds.url;
    try {
      const token = await new ManagedIdentityCredential({ clientId: 'mine' }).getToken(
        'https://management.azure.com/.default',
      );
      expect(token.token).toBe('token for https://management.azure.com');
      expect(asked.at(-1)).toMatchObject({ clientId: 'mine' });
    } finally {
      delete process.env['AZURE_POD_IDENTITY_AUTHORITY_HOST'];
    }
  });

  it('limits the rate when asked to, and recovers as its clock goes on', async () => {
    const limited = await startImds(specOf(), {
      clock,
      tokenIssuer: { issue: () => ({ accessToken: '', expiresOn: 0 }) },
      limitRate: true,
    });
    const status = async () => {
      const answer = await fetch(`${limited.url}/metadata/versions`, { headers: { Metadata: 'true' } });
      await answer.arrayBuffer();
      return [answer.status, answer.headers.get('retry-after')];
    };
    for (let count = 0; count < 25; count += 1) expect(await status()).toEqual([200, null]);
    expect(await status()).toEqual([429, '1']);
    clock.advance(1000);
    expect(await status()).toEqual([200, null]);
    await limited.close();
  });

  it('takes another port when the first is in use, and ends open connections when it closes', async () => {
    const same = specOf('', { privateIpAddress: spec.privateIpAddress });
    const second = await startImds(same, {
      clock,
      tokenIssuer: { issue: () => ({ accessToken: '', expiresOn: 0 }) },
      limitRate: false,
    });
    expect(second.url).not.toBe(imds.url);
    const open = request(`${second.url}/metadata/versions`, {
      method: 'POST',
      headers: { Metadata: 'true', 'Content-Length': '10' },
    });
    const ended = new Promise((resolve) => open.once('error', resolve));
    await new Promise<void>((resolve) => open.write('half', () => resolve()));
    await second.close();
    expect(await ended).toMatchObject({ code: 'ECONNRESET' });
  });
});

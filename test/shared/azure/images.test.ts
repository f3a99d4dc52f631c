import { connectArm, createCredential, createImages } from '../../../shared/azure';
import type { Images } from '../../../shared/ports';
import { startSimulatorProcess, type RunningSimulator } from './simulator-process';

const gallery = { resourceGroup: 'rg-muster', gallery: 'galmuster', name: 'linux' };
const location = 'westeurope';

let simulator: RunningSimulator;
let images: Images;
beforeAll(async () => {
  simulator = await startSimulatorProcess();
  const { identityEndpoint, identityHeader } = simulator;
  Object.assign(process.env, { IDENTITY_ENDPOINT: identityEndpoint, IDENTITY_HEADER: identityHeader });
  images = createImages(connectArm({ endpoint: simulator.url, credential: createCredential({}) }));
});
afterAll(() => simulator.stop());

async function publish(version: string, properties: object): Promise<void> {
  const path = `/subscriptions/${simulator.subscriptionId}/resourceGroups/rg-muster/providers/Microsoft.Compute/galleries/galmuster/images/linux/versions/${version}`;
  const token = await createCredential({}).getToken('https://management.azure.com/.default');
  const answer = await fetch(`${simulator.url}${path}?api-version=2024-03-03`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token?.token}` },
    body: JSON.stringify({ location, properties }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

test('lists every version of an image, over all pages, with what a choice needs', async () => {
  const storageProfile = { osDiskImage: { sizeInGB: 127 } };
  const publishingProfile = { excludeFromLatest: true, targetRegions: [{ name: 'West Europe' }] };
  await publish('1.1.0', { storageProfile, publishingProfile });
  for (const version of ['1.2.0', '1.3.0', '1.4.0']) await publish(version, { storageProfile: {} });

  const versions = await images.listVersions({ ...gallery, subscriptionId: simulator.subscriptionId });
  expect(versions.map(({ name }) => name).sort()).toEqual(['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0']);
  expect(versions.find(({ name }) => name === '1.1.0')).toMatchObject({
    isExcludedFromLatest: true,
    regions: ['West Europe'],
    osDiskSizeGb: 127,
  });
  expect(versions.find(({ name }) => name === '1.0.0')).toMatchObject({
    provisioningState: 'Succeeded',
    isExcludedFromLatest: false,
    regions: [location],
    osDiskSizeGb: null,
  });
});

test('an image that is not there has no versions', async () => {
  const nobody = { ...gallery, name: 'nobody', subscriptionId: simulator.subscriptionId };
  expect(await images.listVersions(nobody)).toEqual([]);
});

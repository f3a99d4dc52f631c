import { startLocalStack, eventually, text, whatIsLeft, type LocalStack } from '../support/local-stack';
import { MusterError } from '../../client';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
  // A gallery of another group, with an image of one version: 1.0.0.
  await fetch(new URL('/control/seed', stack.simulator.url), {
    method: 'POST',
    body: JSON.stringify({ resourceGroup: 'rg-images', gallery: 'others', image: 'custom' }),
  });
  await stack.client.putTemplate('scale-set', 'telling', { builder: builder('vnet-muster', 'default') });
  const { vnet: _v, subnet: _s, skuname, ...common } = builder('', '');
  await stack.client.putTemplate('virtual-machine', 'telling', { builder: { ...common, vmsize: skuname } });
}, 60_000);
afterAll(() => stack?.dispose());

/** A VM of it writes down what its metadata service says of its image. */
function builder(vnet: string, subnet: string) {
  const question = 'metadata/instance/compute/storageProfile/imageReference?api-version=2021-02-01';
  const ask = `fetch(process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST + '/${question}', { headers: { Metadata: 'true' } }).then((answer) => answer.text()).then((text) => require('fs').writeFileSync('/tmp/image.json', text))`;
  return {
    subscriptionid: stack.simulator.subscriptionId,
    resourcegroup: 'rg-muster',
    admin_username: 'cvx',
    location: 'westeurope',
    imagegallery: 'galmuster',
    imagename: 'linux',
    skuname: 'Standard_D2s_v5',
    tempdisk: `$(command -v node || command -v nodejs) -e "${ask}"`,
    vnet,
    subnet,
  };
}

const version = (group: string, image: string): string =>
  `/subscriptions/${stack.simulator.subscriptionId}/resourceGroups/${group}/providers/Microsoft.Compute/galleries/${image}/versions/1.0.0`;

async function imageOf(target: { scaleSet: string } | { virtualMachine: string }): Promise<string> {
  const job = await stack.client.submitJob({
    target,
    run: { program: 'cat', arguments: ['/tmp/image.json'] },
  });
  expect((await stack.client.waitForJob(job.id, 40)).state).toBe('succeeded');
  const output = text(await stack.client.readOutput(job.id, { task: 0, stream: 'stdout' }));
  return (JSON.parse(output) as { id: string }).id;
}

const refusal = async (call: Promise<unknown>): Promise<MusterError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof MusterError) return error;
  throw new Error(`Not refused: ${JSON.stringify(error)}`);
};

test("a scale set boots the newest version of another group's image; it stays that one", async () => {
  const image = { resourceGroup: 'rg-images', gallery: 'others', name: 'custom' };
  await stack.client.putScaleSet('chosen', { template: 'telling', capacity: 1, image });
  expect(await imageOf({ scaleSet: 'chosen' })).toBe(version('rg-images', 'others/images/custom'));

  const changed = await refusal(stack.client.putScaleSet('chosen', { template: 'telling', capacity: 2 }));
  expect(changed).toMatchObject({ status: 409, details: [{ target: 'image' }] });
  expect(await stack.client.putScaleSet('chosen', { template: 'telling', capacity: 0, image })).toMatchObject(
    {
      capacity: { desired: 0 },
    },
  );
}, 90_000);

test("a virtual machine boots the named version of its template's image", async () => {
  await stack.client.putVirtualMachine('chosen', { template: 'telling', image: { version: '1.0.0' } });
  expect(await imageOf({ virtualMachine: 'chosen' })).toBe(version('rg-muster', 'galmuster/images/linux'));
}, 90_000);

test.each([
  [{ version: '9.9.9' }, 'There is no version 9.9.9 of '],
  [{ name: 'nobody' }, "There is no version of the image 'nobody' "],
])('an image that is not there (%j) is refused, and nothing is made', async (image, words) => {
  const error = await refusal(
    stack.client.putScaleSet('absent', { template: 'telling', capacity: 1, image }),
  );
  expect(error).toMatchObject({
    status: 404,
    code: 'ImageNotFound',
    message: expect.stringContaining(words),
  });
  expect(await stack.client.getScaleSet('absent')).toBeUndefined();
});

test('an image of no gallery needs both names', async () => {
  const image = { publisher: 'Canonical', offer: 'ubuntu-24_04-lts', sku: 'server', version: 'latest' };
  await stack.client.putTemplate('virtual-machine', 'marketplace', {
    value: {
      location: 'westeurope',
      properties: {
        hardwareProfile: { vmSize: 'Standard_D2s_v5' },
        storageProfile: { imageReference: image },
      },
    },
  });
  const error = await refusal(
    stack.client.putVirtualMachine('absent', { template: 'marketplace', image: { version: '1.0.0' } }),
  );
  expect(error).toMatchObject({
    status: 400,
    details: [{ target: 'image.gallery' }, { target: 'image.name' }],
  });
});

test('all of it goes again', async () => {
  await stack.client.deleteVirtualMachine('chosen');
  await stack.client.deleteScaleSet('chosen');
  await eventually('nothing is left', async () => (await whatIsLeft(stack)).billable.length === 0);
}, 60_000);

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorEnvelope, ImportReport, ScaleSetView, TemplateView } from '../../shared/contracts';
import { eventually, startLocalStack, whatIsLeft, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
}, 60_000);
afterAll(() => stack?.dispose());

interface Answer<Body> {
  status: number;
  body: Body;
}

async function call<Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>> {
  const response = await fetch(new URL(path, stack.url), {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: { 'x-functions-key': stack.key },
  });
  const text = await response.text();
  return { status: response.status, body: (text ? JSON.parse(text) : undefined) as Body };
}

describe("the builder form, in AzManagers' words", () => {
  const builder = () => ({
    subscriptionid: stack.simulator.subscriptionId,
    resourcegroup: 'rg-muster',
    admin_username: 'cvx',
    location: 'westeurope',
    imagegallery: 'galmuster',
    imagename: 'linux',
    vnet: 'vnet-muster',
    subnet: 'default',
    skuname: 'Standard_D2s_v5',
    datadisks: [{}],
  });

  test('makes a template that is kept as an ARM body, and Azure takes a scale set of it', async () => {
    const made = await call<TemplateView>('PUT', '/api/templates/scale-set/built', { builder: builder() });
    expect(made).toMatchObject({
      status: 200,
      body: {
        name: 'built',
        template: {
          subscriptionId: stack.simulator.subscriptionId,
          value: { sku: { name: 'Standard_D2s_v5', tier: 'Standard' } },
        },
      },
    });
    expect((await call('GET', '/api/templates/scale-set/built')).body).toEqual(made.body);
    await enrolOne('built');
    expect((await call('GET', '/api/templates/scale-set/built')).body).toEqual(made.body);
  }, 90_000);

  test('with wrong arguments is 400 with the path of each, and nothing is kept', async () => {
    const wrong = {
      ...builder(),
      subnet: undefined,
      skuName: 'Standard_D2s_v5',
      datadisks: [{}, { managedDisk: {} }],
    };
    const answer = await call<ErrorEnvelope>('PUT', '/api/templates/scale-set/wrong', { builder: wrong });
    expect(answer.status).toBe(400);
    expect(answer.body.error.details?.map(({ target }) => target).sort()).toEqual([
      'builder.datadisks[1].managedDisk.storageAccountType',
      'builder.skuName',
      'builder.subnet',
    ]);
    expect((await call('GET', '/api/templates/scale-set/wrong')).status).toBe(404);
  });

  test('and an ARM body at once are 400', async () => {
    const both = { builder: builder(), value: {} };
    const answer = await call<ErrorEnvelope>('PUT', '/api/templates/scale-set/both', both);
    expect([answer.status, answer.body.error.details?.map(({ target }) => target)]).toEqual([400, ['value']]);
  });
});

describe("AzManagers' own folder", () => {
  const fileNames = ['manifest.json', 'templates_scaleset.json', 'templates_vm.json', 'templates_nic.json'];
  const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA jane@example';
  let report: ImportReport;

  /** As the files are, but for the subscription: the simulator's own. */
  const read = (file: string): string =>
    readFileSync(join(__dirname, '../fixtures/azmanagers', file), 'utf8').replaceAll(
      '11111111-1111-1111-1111-111111111111',
      stack.simulator.subscriptionId,
    );

  beforeAll(async () => {
    await call('DELETE', '/api/templates/network-interface/default');
    const texts = fileNames.map((file) => [file, read(file)] as const);
    const files = { ...Object.fromEntries(texts), 'azmanagers_rsa.pub': `${publicKey}\n` };
    report = (await call<ImportReport>('POST', '/api/import', { files })).body;
  });

  test('is taken in one call, and the report says what became of each entry', () => {
    expect(
      report.entries.map(({ file, entry, outcome, storedAs }) => [file, entry, outcome, storedAs]),
    ).toEqual([
      ['manifest.json', null, 'taken-with-changes', '/api/manifest'],
      ['templates_scaleset.json', 'cbox02', 'taken-with-changes', '/api/templates/scale-set/cbox02'],
      [
        'templates_scaleset.json',
        'hub/cbox16+ultra',
        'taken-with-changes',
        '/api/templates/scale-set/hub-cbox16plusultra',
      ],
      ['templates_scaleset.json', 'cbox-with-extension', 'refused', null],
      ['templates_vm.json', 'cbox02', 'taken-with-changes', '/api/templates/virtual-machine/cbox02'],
      ['templates_vm.json', 'cbox-disks', 'taken-with-changes', '/api/templates/virtual-machine/cbox-disks'],
      ['templates_nic.json', 'cbox-nic', 'taken', '/api/templates/network-interface/cbox-nic'],
      ['templates_nic.json', 'cbox-basic-nic', 'taken', '/api/templates/network-interface/cbox-basic-nic'],
      [
        'templates_nic.json',
        'cbox-basic-nic',
        'taken-with-changes',
        '/api/templates/network-interface/default',
      ],
    ]);
    expect(report).toMatchObject({ taken: 2, takenWithChanges: 6, refused: 1 });
  });

  test('leaves nothing of a refused entry, and names what was wrong by path', async () => {
    const refused = report.entries.filter(({ outcome }) => outcome === 'refused');
    expect(refused.flatMap(({ problems }) => problems)).toMatchObject([
      { code: 'UnknownField', target: 'value.properties.virtualMachineProfile.extensionProfile' },
    ]);
    expect((await call('GET', '/api/templates/scale-set/cbox-with-extension')).status).toBe(404);
  });

  test('gives the manifest, with the key itself for the path of its file', async () => {
    expect((await call('GET', '/api/manifest')).body).toEqual({
      subscriptionId: stack.simulator.subscriptionId,
      resourceGroup: 'rg-muster',
      sshUser: 'cvx',
      sshPublicKeys: [publicKey],
    });
  });

  test('gives templates that scale sets and virtual machines are made from', async () => {
    await call('PUT', '/api/virtual-machines/imported', { template: 'cbox02' });
    await enrolOne('cbox02');
    await eventually('the VM is ready', async () => {
      const view = await stack.client.getVirtualMachine('imported');
      return view?.state === 'ready' && view;
    });
    await stack.client.deleteVirtualMachine('imported');
    await eventually('nothing is left', async () => (await whatIsLeft(stack)).billable.length === 0);
  }, 90_000);

  test('may come again, as JSON in place of text; keys and the interface template in place stay', async () => {
    const before = await call<TemplateView>('GET', '/api/templates/network-interface/default');
    const files = Object.fromEntries(fileNames.map((file) => [file, JSON.parse(read(file)) as unknown]));
    const again = await call<ImportReport>('POST', '/api/import', { files });
    expect(again.body).toMatchObject({ taken: 2, takenWithChanges: 5, refused: 1 });
    expect((await call('GET', '/api/templates/network-interface/default')).body).toEqual(before.body);
    expect((await call('GET', '/api/manifest')).body).toMatchObject({ sshPublicKeys: [publicKey] });
  });

  test('that cannot be used is refused file by file', async () => {
    const files = { 'manifest.json': '{"resourcegroup": ', 'templates_vm.json': [], 'notes.txt': 'mine' };
    const { status, body } = await call<ImportReport>('POST', '/api/import', { files });
    expect(status).toBe(200);
    expect(body.entries.map(({ file, problems }) => [file, problems.map(({ code }) => code)])).toEqual([
      ['manifest.json', ['InvalidJson']],
      ['templates_vm.json', ['InvalidField']],
      ['notes.txt', ['UnknownFile']],
    ]);
  });

  test.each([[{}], [{ files: {} }], [{ file: {} }]])('a request of %j is 400', async (body) => {
    expect((await call('POST', '/api/import', body)).status).toBe(400);
  });
});

describe('the manifest', () => {
  /** With a place of its own, and without one. */
  const places = ['placed', 'placeless'];
  beforeAll(async () => {
    const { body } = await call<TemplateView>('GET', '/api/templates/scale-set/cbox');
    const { subscriptionId } = stack.simulator;
    await stack.client.putTemplate('scale-set', 'placeless', body.template);
    const resourceGroup = 'rg-of-the-template';
    await stack.client.putTemplate('scale-set', 'placed', {
      ...body.template,
      subscriptionId,
      resourceGroup,
    });
  });
  const putEmpty = (template: string) =>
    call<ScaleSetView & ErrorEnvelope>('PUT', `/api/scale-sets/${template}`, { template, capacity: 0 });

  test('gives the group where the template names none; the template wins where it does', async () => {
    const { subscriptionId } = stack.simulator;
    await call('PUT', '/api/manifest', { subscriptionId, resourceGroup: 'rg-muster' });
    const groups = await Promise.all(
      places.map(async (name) => (await putEmpty(name)).body.resourceId.split('/')[4]),
    );
    expect(groups).toEqual(['rg-of-the-template', 'rg-muster']);
    await stack.client.deleteScaleSet('placeless');
    await eventually('it is gone', async () => (await stack.client.getScaleSet('placeless')) === undefined);
  }, 60_000);

  test('that is missing is said at once, where it is needed', async () => {
    await call('DELETE', '/api/manifest');
    expect((await call('GET', '/api/manifest')).status).toBe(404);
    const { status, body } = await putEmpty('placeless');
    expect([status, body.error.code]).toEqual([400, 'ManifestMissing']);
    expect((await call('GET', '/api/scale-sets/placeless')).status).toBe(404);
  });

  test('that is wrong is 400 with every problem by path, and nothing is kept', async () => {
    const wrong = { subscriptionId: 'mine', resourceGroup: 'ends.', ssh_user: 'cvx', sshPublicKeys: ['key'] };
    const { status, body } = await call<ErrorEnvelope>('PUT', '/api/manifest', wrong);
    expect(status).toBe(400);
    expect(body.error.details?.map(({ target }) => target).sort()).toEqual([
      'resourceGroup',
      'sshPublicKeys[0]',
      'ssh_user',
      'subscriptionId',
    ]);
    expect((await call('GET', '/api/manifest')).status).toBe(404);
  });
});

/** A scale set of one VM of the template, up to its enrolment, and away again. */
async function enrolOne(template: string): Promise<void> {
  await stack.client.putScaleSet('one', { template, capacity: 1 });
  await eventually('its VM has enrolled', async () => {
    const view = await stack.client.getScaleSet('one');
    return view?.state === 'ready' && view.capacity.enrolled === 1;
  });
  await stack.client.deleteScaleSet('one');
  await eventually('it is gone', async () => (await stack.client.getScaleSet('one')) === undefined);
}

import { HttpRequest } from '@azure/functions';
import type { App } from '../../../functions/app';
import { reportBoot } from '../../../functions/http/worker-boot';
import { enrol } from '../../../functions/http/worker-enrolment';
import { saveInstanceRows } from '../../../functions/records/instances';
import { listAgents } from '../../../functions/records/resources';
import {
  connectStorage,
  createBootLogs,
  createContentStore,
  createRecords,
  createWorkAccessIssuer,
  prepareStorage,
} from '../../../shared/azure';
import { readConfig } from '../../../shared/config';
import { EnrolAdmitted, ownerKey, type Owner } from '../../../shared/contracts';
import { joinToken, type AgentRow, type InstanceRow, type ScaleSetRow } from '../../../shared/domain';
import { instance } from '../../shared/domain/samples';
import { startAzurite, type RunningAzurite } from '../../support/azurite';

jest.mock('durable-functions', () => ({ OrchestrationRuntimeStatus: {}, input: {} }));

const signingKey = 'k'.repeat(40);
let azurite: RunningAzurite;
let app: App;
let now: number;
let owner: Owner;
let made = 0;

beforeAll(async () => {
  azurite = await startAzurite();
  const storage = connectStorage({ AzureWebJobsStorage: azurite.connectionString });
  await prepareStorage(storage);
  const config = readConfig({
    AzureWebJobsStorage: azurite.connectionString,
    MUSTER_SIGNING_KEY: signingKey,
    MUSTER_PUBLIC_URL: 'http://127.0.0.1:1',
  });
  app = {
    config,
    records: createRecords(storage),
    bootLogs: createBootLogs(storage),
    workAccess: createWorkAccessIssuer(storage),
    content: createContentStore(storage),
    clock: { now: () => now },
  } as App;
});
afterAll(() => azurite.stop());
beforeEach(async () => {
  now = Date.parse('2026-03-01T12:00:00Z');
  owner = { kind: 'scale-set', name: `set-${made++}`, incarnation: 'aaaaaaaa' };
  await putOwner({});
  await app.bootLogs.prepare(owner);
});

function putOwner(changes: Partial<ScaleSetRow>): Promise<string> {
  const row = {
    owner,
    wanted: 'present',
    workersPerInstance: 2,
    environmentVariables: { A: '1' },
    ...changes,
  };
  return app.records.put('resources', { partition: 'scale-set', key: owner.name, value: row });
}
const list = (...rows: InstanceRow[]) => saveInstanceRows(app.records, owner, { changed: rows, gone: [] });
const facts = (vmId: string) => ({
  ...{
    resourceId: `/${vmId}`,
    vmId,
    name: `vm_${vmId}`,
    subscriptionId: '',
    resourceGroup: '',
    scaleSetName: '',
  },
  ...{ location: '', zone: '', vmSize: '', priority: '', privateIpAddress: '10.0.0.4', physicalHostName: '' },
});
const token = (of: Owner = owner, expiresAt = now + 1000) => joinToken(of, expiresAt, signingKey);
const post = (body: object) =>
  new HttpRequest({ method: 'POST', url: 'http://127.0.0.1/api', body: { string: JSON.stringify(body) } });
const call = async (vmId: string, changes: object = {}) => {
  const body = {
    version: 1,
    owner,
    joinToken: token(),
    agentRunId: 'run-1',
    instance: facts(vmId),
    ...changes,
  };
  const { status, jsonBody } = await enrol(app, post(body));
  return { status, body: jsonBody as Record<string, unknown> };
};
const agent = async (): Promise<AgentRow> => (await listAgents(app.records, owner))[0]!;

describe('a VM that calls', () => {
  test('is admitted at once where Azure has listed it, whatever case its id has', async () => {
    await list(instance(4, { vmId: 'vm-a', index: 4 }));
    const { status, body } = await call('VM-A');
    expect(status).toBe(200);
    expect(EnrolAdmitted.parse(body)).toMatchObject({
      agentId: 'vm-a',
      index: 4,
      workers: ['vm_VM-A-0', 'vm_VM-A-1'],
      environmentVariables: { A: '1' },
      command: null,
      environment: null,
    });
    expect(await agent()).toMatchObject({ state: 'enrolled', index: 4, preparation: null });
  });

  test('is asked to come again where no list has shown it, later each time; then it is admitted', async () => {
    const pauses: unknown[] = [];
    for (let waited = 0; waited <= 32_000; waited += 4_000) {
      now = Date.parse('2026-03-01T12:00:00Z') + waited;
      pauses.push((await call('vm-a', { joinToken: token(owner, now + 1) })).body.retryAfterMs);
    }
    expect(pauses).toEqual([2000, 2000, 4000, 6000, 8000, 8000, 8000, 8000, 8000]);
    expect(await agent()).toMatchObject({ state: 'pending', calledAt: '2026-03-01T12:00:00.000Z' });
    await list(instance(0, { vmId: 'vm-a' }));
    expect((await call('vm-a', { joinToken: token(owner, now + 1) })).status).toBe(200);
  });

  test('is not admitted while Azure is deleting it', async () => {
    await list(instance(0, { vmId: 'vm-a', provisioningState: 'Deleting' }));
    expect((await call('vm-a')).status).toBe(202);
  });

  test('of a VM that was there before is the same worker, under the same number', async () => {
    await list(instance(3, { vmId: 'vm-a', index: 3 }));
    const first = await call('vm-a');
    now += 60_000;
    const again = await call('vm-a', { agentRunId: 'run-2', joinToken: token() });
    expect(again.body.workers).toEqual(first.body.workers);
    expect(await listAgents(app.records, owner)).toHaveLength(1);
    expect(await agent()).toMatchObject({
      agentRunId: 'run-2',
      index: 3,
      enrolledAt: '2026-03-01T12:00:00.000Z',
    });
  });

  test('many times at once is one agent, and every call is answered', async () => {
    await list(instance(0, { vmId: 'vm-a' }));
    const answers = await Promise.all(Array.from({ length: 5 }, () => call('vm-a')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(await listAgents(app.records, owner)).toHaveLength(1);
  });

  test('is preparing until it says that its environment is there', async () => {
    await putOwner({ environment: { name: 'e', sha256: 'ab'.repeat(32), parts: ['setup'] } });
    await list(instance(0, { vmId: 'vm-a' }));
    const { body } = await call('vm-a');
    expect(body.environment).toMatchObject({ sha256: 'ab'.repeat(32), url: expect.stringContaining('sig=') });
    expect((await agent()).preparation).toMatchObject({ state: 'preparing' });
  });

  test.each([
    ['with a token of another owner', () => token({ ...owner, name: 'other' }), 401],
    ['with a token of an earlier incarnation', () => token({ ...owner, incarnation: 'bbbbbbbb' }), 401],
    ['with a token that has expired', () => token(owner, now - 1), 401],
    ['with no token of ours', () => 'x.y', 401],
  ])('%s is refused', async (_what, joinTokenOf, status) => {
    await list(instance(0, { vmId: 'vm-a' }));
    await expect(call('vm-a', { joinToken: joinTokenOf() })).rejects.toMatchObject({ status });
    expect(await listAgents(app.records, owner)).toEqual([]);
  });

  test('for an owner that is going, or gone, is told that it is not needed', async () => {
    await putOwner({ wanted: 'absent' });
    await expect(call('vm-a')).rejects.toMatchObject({ status: 410, code: 'OwnerGone' });
    await app.records.remove('resources', 'scale-set', owner.name);
    await expect(call('vm-a')).rejects.toMatchObject({ status: 410 });
  });

  test('from an agent newer than the app, with facts that the app does not know, is taken', async () => {
    await list(instance(0, { vmId: 'vm-a' }));
    expect(
      (await call('vm-a', { instance: { ...facts('vm-a'), colour: 'blue' }, mood: 'good' })).status,
    ).toBe(200);
  });
});

describe('a boot that is told of', () => {
  const report = (stage: string, part: { offset: number; text: string }) =>
    reportBoot(
      app,
      post({
        owner,
        joinToken: token(owner, now + 1000),
        instance: { resourceId: '/vm-a', vmId: 'VM-A', name: 'vm/../a' },
        stage,
        ...part,
      }),
    );

  test('shows its stage, and keeps its log', async () => {
    expect(await report('node', { offset: 0, text: 'installing\n' })).toEqual({ jsonBody: { offset: 11 } });
    now += 30_000;
    expect(await report('agent-fetch', { offset: 11, text: 'done\n' })).toEqual({ jsonBody: { offset: 16 } });
    expect(await agent()).toMatchObject({
      agentId: 'vm-a',
      state: 'booting',
      stage: 'agent-fetch',
      lastSeenAt: new Date(now).toISOString(),
    });
    // A name that a VM gives itself leads nowhere else.
    expect(await app.bootLogs.read(owner, 'vm-..-a', 'reported')).toBe('installing\ndone\n');
  });

  test('says nothing more once the agent speaks for itself', async () => {
    await report('node', { offset: 0, text: '' });
    await list(instance(0, { vmId: 'vm-a' }));
    await call('vm-a');
    await report('agent-start', { offset: 0, text: 'late\n' });
    expect(await agent()).toMatchObject({ state: 'enrolled' });
    expect((await agent()).stage).toBeUndefined();
  });

  test('is not kept without end', async () => {
    const offset = 16 * 1024 * 1024;
    expect(await report('node', { offset, text: 'too much' })).toEqual({ jsonBody: { offset } });
    expect(await app.bootLogs.list(owner)).toEqual([]);
  });

  test('with a token of another owner is refused', async () => {
    const body = {
      owner,
      joinToken: token({ ...owner, name: 'other' }),
      instance: { resourceId: '/a', vmId: 'a', name: 'a' },
      stage: '',
      offset: 0,
      text: '',
    };
    await expect(reportBoot(app, post(body))).rejects.toMatchObject({ status: 401 });
    expect(await app.records.list('agents', ownerKey(owner))).toEqual([]);
  });
});

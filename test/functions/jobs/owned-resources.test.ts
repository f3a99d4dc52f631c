import type { DurableClient } from 'durable-functions';
import type { App } from '../../../functions/app';
import {
  handOver,
  refuseOutlived,
  release,
  releaseOutlived,
  releaseOwned,
} from '../../../functions/jobs/owned-resources';
import { putJobStatus } from '../../../functions/records/jobs';
import { getResource } from '../../../functions/records/resources';
import { connectStorage, createRecords, prepareStorage } from '../../../shared/azure';
import type { JobState, Owner, OwnerKind } from '../../../shared/contracts';
import { newJobStatus, type JobRow, type ScaleSetRow } from '../../../shared/domain';
import { jobPolicy } from '../../shared/domain/samples';
import { startAzurite, type RunningAzurite } from '../../support/azurite';

jest.mock('durable-functions', () => ({ OrchestrationRuntimeStatus: { Running: 'Running' }, input: {} }));

let azurite: RunningAzurite;
let app: App;
const woken: string[] = [];
const durable = {
  getStatus: async () => ({ runtimeStatus: 'Running' }),
  raiseEvent: async (instanceId: string) => void woken.push(instanceId),
} as unknown as DurableClient;

beforeAll(async () => {
  azurite = await startAzurite();
  const storage = connectStorage({ AzureWebJobsStorage: azurite.connectionString });
  await prepareStorage(storage);
  app = { records: createRecords(storage) } as App;
});
afterAll(() => azurite.stop());
beforeEach(() => void (woken.length = 0));

let made = 0;
async function job(state: JobState): Promise<string> {
  const jobId = `job-${made++}`;
  const row = { jobId, taskCount: 1, policy: jobPolicy } as JobRow;
  await app.records.put('jobs', { partition: 'job', key: jobId, value: row });
  await putJobStatus(app.records, jobId, { ...newJobStatus(row), state });
  return jobId;
}
async function resource(
  createdByJob?: string,
  changes: { kind?: OwnerKind } & Partial<ScaleSetRow> = {},
): Promise<ScaleSetRow> {
  const { kind = 'scale-set', ...rest } = changes;
  const owner: Owner = { kind, name: `Thing-${made++}`, incarnation: 'aaaaaaaa' };
  const row = { owner, wanted: 'present', ...(createdByJob && { createdByJob }), ...rest } as ScaleSetRow;
  await app.records.put('resources', { partition: kind, key: owner.name.toLowerCase(), value: row });
  return row;
}
const wanted = async ({ owner: { kind, name } }: Pick<ScaleSetRow, 'owner'>) =>
  (await getResource(app.records, kind, name))?.value.wanted;

test('what a job made goes with it, of both kinds; what is another’s, a person’s or was handed over stays', async () => {
  const jobId = await job('failed');
  const own = [await resource(jobId), await resource(jobId, { kind: 'virtual-machine' })];
  const others = [
    await resource(),
    await resource(await job('failed')),
    await resource(jobId, { isHandedOver: true }),
  ];
  // A repeat after a crash changes nothing more.
  for (const _time of ['once', 'twice']) {
    await releaseOwned(app, durable, jobId);
    expect(await Promise.all(own.map(wanted))).toEqual(['absent', 'absent']);
    expect(await Promise.all(others.map(wanted))).toEqual(['present', 'present', 'present']);
  }
  expect(woken).toHaveLength(2);
});

test('a name that was taken anew keeps what bears it now', async () => {
  const row = await resource(await job('failed'));
  await release(app, durable, { ...row.owner, incarnation: 'bbbbbbbb' });
  expect([await wanted(row), woken]).toEqual(['present', []]);
});

test.each<[string, JobState, string]>([
  ['runs', 'running', 'present'],
  ['is being cancelled', 'cancelling', 'present'],
  ['has succeeded', 'succeeded', 'absent'],
  ['has failed', 'failed', 'absent'],
  ['was cancelled', 'cancelled', 'absent'],
])('the timer finds what nobody released of a job that %s', async (_what, state, expected) => {
  const row = await resource(await job(state));
  const handedOver = await resource(row.createdByJob, { isHandedOver: true });
  await releaseOutlived(app, durable);
  expect([await wanted(row), await wanted(handedOver)]).toEqual([expected, 'present']);
});

test('the timer finds what is owned by a job that is gone', async () => {
  const row = await resource('job-gone');
  await releaseOutlived(app, durable);
  expect(await wanted(row)).toBe('absent');
});

test('what is made at the moment its job ends is taken down by whoever made it', async () => {
  const [early, late] = [await resource(await job('running')), await resource(await job('succeeded'))];
  await expect(refuseOutlived(app, durable, early)).resolves.toBeUndefined();
  await expect(refuseOutlived(app, durable, late)).rejects.toMatchObject({ status: 409, code: 'JobEnded' });
  expect([await wanted(early), await wanted(late)]).toEqual(['present', 'absent']);
  await expect(refuseOutlived(app, durable, await resource())).resolves.toBeUndefined();
});

test('a hand-over and a release at the same time leave one of the two, whole', async () => {
  for (let round = 0; round < 5; round++) {
    const row = await resource(await job('succeeded'));
    await Promise.all([handOver(app, row.owner), release(app, durable, row.owner)]);
    const { value } = (await getResource(app.records, 'scale-set', row.owner.name))!;
    expect([value.wanted, value.isHandedOver]).toEqual(
      value.isHandedOver ? ['present', true] : ['absent', undefined],
    );
  }
});

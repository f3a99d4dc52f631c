import { createRecords, connectStorage, prepareStorage } from '../../../shared/azure';
import type { Owner } from '../../../shared/contracts';
import {
  newScaleSetStatus,
  type AgentRow,
  type ScaleSetRow,
  type ScaleSetStatus,
} from '../../../shared/domain';
import type { Records } from '../../../shared/ports';
import {
  addTimeline,
  closeLedger,
  getIncarnation,
  getStatus,
  listAgents,
  openLedger,
  putStatus,
  removeResource,
} from '../../../functions/records/resources';
import { ownerKey } from '../../../shared/contracts';
import { startAzurite, type RunningAzurite } from '../../support/azurite';

let azurite: RunningAzurite;
let records: Records;
beforeAll(async () => {
  azurite = await startAzurite();
  const storage = connectStorage({
    AzureWebJobsStorage: azurite.connectionString,
    AzureWebJobsStorage__accountName: undefined,
  });
  await prepareStorage(storage);
  records = createRecords(storage);
});
afterAll(() => azurite.stop());

let made = 0;
/** An owner of a name of its own. */
function newOwner(): Owner {
  return { kind: 'scale-set', name: `Box-${made++}`, incarnation: 'aaaaaaaa' };
}
const again = (owner: Owner): Owner => ({ ...owner, incarnation: 'bbbbbbbb' });
const status = (state: ScaleSetStatus['state']): ScaleSetStatus => ({
  ...newScaleSetStatus({ resourceId: '/set', capacity: 0 }),
  state,
});
const putRow = (owner: Owner) =>
  records.put('resources', {
    partition: 'scale-set',
    key: owner.name.toLowerCase(),
    value: { owner, wanted: 'present' } as ScaleSetRow,
  });

test('a row and a status are those of their incarnation alone, however the name is written', async () => {
  const owner = newOwner();
  await putRow(owner);
  await putStatus(records, owner, status('ready'));
  const shouted = { ...owner, name: owner.name.toUpperCase() };
  expect((await getIncarnation(records, 'scale-set', shouted))?.owner).toEqual(owner);
  expect((await getStatus(records, 'scale-set', shouted))?.state).toBe('ready');
  expect(await getIncarnation(records, 'scale-set', again(owner))).toBeUndefined();
  expect(await getStatus(records, 'scale-set', again(owner))).toBeUndefined();
});

test('what is removed is gone with its agents, and removing it again is no error', async () => {
  const owner = newOwner();
  await putRow(owner);
  await putStatus(records, owner, status('deleting'));
  const agent = { agentId: 'vm-1' } as AgentRow;
  await records.put('agents', { partition: ownerKey(owner), key: 'vm-1', value: agent });
  expect(await listAgents(records, owner)).toEqual([agent]);
  await removeResource(records, owner);
  await removeResource(records, owner);
  expect(await getIncarnation(records, 'scale-set', owner)).toBeUndefined();
  expect(await getStatus(records, 'scale-set', owner)).toBeUndefined();
  expect(await listAgents(records, owner)).toEqual([]);
});

test('a removal that is repeated late leaves the next incarnation of the name alone', async () => {
  const owner = newOwner();
  await putRow(again(owner));
  await putStatus(records, again(owner), status('creating'));
  await removeResource(records, owner);
  expect(await getIncarnation(records, 'scale-set', again(owner))).toBeDefined();
  expect((await getStatus(records, 'scale-set', again(owner)))?.state).toBe('creating');
});

test('events of one moment are all kept, in order of time, and a repeat adds none', async () => {
  const owner = newOwner();
  const events = ['2026-01-01T00:00:02.000Z', '2026-01-01T00:00:01.000Z'].flatMap((at) =>
    ['A', 'B'].map((code) => ({ at, code, message: '' })),
  );
  await addTimeline(records, owner, events);
  await addTimeline(records, owner, events);
  await addTimeline(records, owner, []);
  const rows = await records.list<{ at: string; code: string }>('timeline', ownerKey(owner));
  expect(rows.map(({ value }) => `${value.at.slice(17, 19)}${value.code}`)).toEqual([
    '01A',
    '01B',
    '02A',
    '02B',
  ]);
});

test('the ledger is closed once, and an owner that never had a resource has nothing to close', async () => {
  const owner = newOwner();
  await closeLedger(records, owner, '2026-01-01');
  await openLedger(records, {
    resourceId: '/subscriptions/S/x',
    owner,
    why: 'wanted',
    createdAt: '2026-01-01',
  });
  await closeLedger(records, owner, '2026-01-02');
  await closeLedger(records, owner, '2026-01-03');
  const rows = await records.list<{ endedAt: string }>('ledger', ownerKey(owner));
  expect(rows.map((row) => row.value.endedAt)).toEqual(['2026-01-02']);
});

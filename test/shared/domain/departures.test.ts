import { digest, type InstanceRow, type ObservedAgent, type ScaleSetSnapshot } from '../../../shared/domain';
import { orderForDeletion } from '../../../shared/domain/scale-set/shrink';
import {
  agent,
  agents,
  instance,
  instances,
  now,
  numbers,
  pending,
  seconds,
  settings,
  silent,
} from './samples';

interface Set {
  instances?: InstanceRow[];
  agents?: ObservedAgent[];
  desired?: number;
  removals?: { vmId: string; isForced: boolean }[];
  listedAt?: string | null;
  watchedSince?: string;
}

function departuresOf(set: Set): ScaleSetSnapshot['departures'] {
  const { instances: vms = [], agents: callers = [], desired = vms.length, removals = [] } = set;
  const { listedAt = now.toISOString(), watchedSince = seconds(-3600) } = set;
  const gathered = { instances: vms, agents: callers, now, settings };
  return digest(gathered, { desired, removals, listedAt, watchedSince }).departures;
}
const reasonsOf = (set: Set): Record<string, string> =>
  Object.fromEntries(departuresOf(set).replaced.map(({ instanceId, reason }) => [instanceId, reason]));

/** Made so many seconds ago. */
const aged = (id: number, age: number, changes: Partial<InstanceRow> = {}): InstanceRow => {
  const at = seconds(-age);
  return instance(id, { createdAt: at, firstListedAt: at, stateSince: at, ...changes });
};

describe('a VM that is replaced', () => {
  test.each<[string, Set, Record<string, string>]>([
    ['none, where all are at work', { instances: instances(3), agents: agents(3) }, {}],
    [
      'one that Azure could not provision',
      { instances: [aged(0, 10, { provisioningState: 'Failed' })] },
      { 0: 'ProvisioningFailed' },
    ],
    [
      'not one that Azure says has failed, and that works all the same',
      { instances: [aged(0, 10, { provisioningState: 'Failed' })], agents: agents(1) },
      {},
    ],
    ['one that never called within the join limit', { instances: [aged(0, 721)] }, { 0: 'JoinTimedOut' }],
    ['not one that still has time to call', { instances: [aged(0, 719)] }, {}],
    [
      'not one whose boot made progress since (R-7)',
      { instances: [aged(0, 5000)], agents: [pending(0, { state: 'booting', lastSeenAt: seconds(-600) })] },
      {},
    ],
    [
      'one whose boot has made none for the whole limit',
      { instances: [aged(0, 5000)], agents: [pending(0, { state: 'booting', lastSeenAt: seconds(-721) })] },
      { 0: 'JoinTimedOut' },
    ],
    [
      'not one that Azure has only just provisioned',
      { instances: [aged(0, 5000, { stateSince: seconds(-60) })] },
      {},
    ],
    [
      'not by a list from before the limit was over: it may have been deleted since',
      { instances: [aged(0, 721)], listedAt: seconds(-10) },
      {},
    ],
    ['not one that no list has ever shown', { instances: [aged(0, 5000)], listedAt: null }, {}],
    [
      'one whose environment could not be made',
      { instances: [aged(0, 10)], agents: [agent(0, { preparation: { state: 'failed', message: 'no' } })] },
      { 0: 'EnvironmentFailed' },
    ],
    [
      'not one whose environment takes long: it renews its lease',
      {
        instances: [aged(0, 5000)],
        agents: [agent(0, { preparation: { state: 'preparing', message: '' } })],
      },
      {},
    ],
    [
      'one that has been silent for too long',
      { instances: [instance(0)], agents: [silent(0, 121)] },
      { 0: 'Silent' },
    ],
    ['not one that fell silent a moment ago', { instances: [instance(0)], agents: [silent(0, 119)] }, {}],
    [
      'not one that nobody could have heard, as the control plane was away (W-1)',
      { instances: [instance(0)], agents: [silent(0, 900)], watchedSince: seconds(-30) },
      {},
    ],
    [
      'one that Azure has evicted and left behind, without its disks being given back',
      { instances: [instance(0)], agents: [agent(0, { goesAt: seconds(-1) })] },
      { 0: 'Evicted' },
    ],
    [
      'not one that is being evicted and still has its time',
      { instances: [instance(0)], agents: [agent(0, { goesAt: seconds(20) })] },
      {},
    ],
  ])('is %s', (_sentence, set, reasons) => {
    expect(reasonsOf(set)).toEqual(reasons);
  });

  test('that is silent is one of a tenth of the set at a time, and of at least one', () => {
    const quiet = (count: number, of: number): Set => ({
      instances: instances(of),
      agents: numbers(of).map((id) => (id < count ? silent(id, 130) : agent(id))),
    });
    expect(departuresOf(quiet(3, 9)).replaced).toHaveLength(1);
    expect(departuresOf(quiet(80, 200)).replaced).toHaveLength(20);
  });

  test('that never joined is one of many: none of them works', () => {
    const dead = (count: number): Set => ({ instances: numbers(count).map((id) => aged(id, 800)) });
    expect(departuresOf(dead(40)).replaced).toHaveLength(40);
    expect(departuresOf(dead(200)).replaced).toHaveLength(100);
  });

  test('says what it was last seen doing', () => {
    const [departure] = departuresOf({
      instances: [aged(0, 5000)],
      agents: [pending(0, { state: 'booting', lastSeenAt: seconds(-800), stage: 'agent-fetch' })],
    }).replaced;
    expect(departure?.message).toContain(`the stage 'agent-fetch' at ${seconds(-800)}`);
  });
});

describe('many that fall silent at once', () => {
  const all = (lapsed: number): Set => ({
    instances: instances(10),
    agents: numbers(10).map((id) => silent(id, lapsed)),
  });

  test('are not replaced: the fault is more likely on this side (Schedulers 138)', () => {
    expect(departuresOf(all(130))).toMatchObject({ replaced: [], isMassSilence: true });
  });

  test('are, a tenth at a time, once it has lasted five times as long', () => {
    const { replaced, isMassSilence } = departuresOf(all(601));
    expect(isMassSilence).toBe(false);
    expect(replaced).toHaveLength(1);
  });

  test('are no mass where most others work', () => {
    const some = [...numbers(4).map((id) => silent(id, 130)), ...numbers(6).map((id) => agent(id + 4))];
    expect(departuresOf({ instances: instances(10), agents: some })).toMatchObject({ isMassSilence: false });
  });
});

describe('a VM that is released', () => {
  const released = (set: Set): string[] => departuresOf(set).released;

  test('is too many: idle before busy, young before old', () => {
    const callers = [agent(0), agent(1), agent(2), agent(3, { runningTasks: 1 })];
    expect(released({ instances: instances(4), agents: callers, desired: 2 })).toEqual(['2', '1']);
  });

  test('is one whose workers were removed by name, in place of another', () => {
    const removals = [{ vmId: 'vm-0', isForced: false }];
    expect(released({ instances: instances(3), agents: agents(3), desired: 2, removals })).toEqual(['0']);
  });

  test('waits for its tasks, unless that is not wanted', () => {
    const busy = { instances: instances(2), agents: [agent(0, { runningTasks: 1 }), agent(1)], desired: 1 };
    const gentle = departuresOf({ ...busy, removals: [{ vmId: 'vm-0', isForced: false }] });
    expect(gentle).toMatchObject({ released: [], draining: 1 });
    expect(released({ ...busy, removals: [{ vmId: 'vm-0', isForced: true }] })).toEqual(['0']);
  });

  test('is not one that Azure is deleting already, nor another in its place', () => {
    const vms = [...instances(2), instance(2, { provisioningState: 'Deleting' })];
    expect(released({ instances: vms, agents: agents(3), desired: 2 })).toEqual([]);
  });

  test('is not chosen among those that are replaced anyway', () => {
    const set = {
      instances: [aged(0, 800), instance(1), instance(2)],
      agents: [agent(1), agent(2)],
      desired: 2,
    };
    expect(departuresOf(set)).toMatchObject({ replaced: [{ instanceId: '0' }], released: [] });
  });
});

describe('the order in which VMs go', () => {
  test.each<[string, InstanceRow[], ObservedAgent[], string[]]>([
    ['the youngest first', instances(3), [], ['2', '1', '0']],
    ['idle before busy', instances(3), [agent(2, { runningTasks: 1 }), agent(1)], ['1', '0', '2']],
    [
      'less busy before more',
      instances(2),
      [agent(0, { runningTasks: 2 }), agent(1, { runningTasks: 5 })],
      ['0', '1'],
    ],
    ['one of unknown age as the youngest', [instance(1), instance(0, { createdAt: null })], [], ['0', '1']],
    [
      'the highest number as the youngest, where nothing else tells',
      [10, 9, 2].map((id) => instance(id, { createdAt: null })),
      [],
      ['10', '9', '2'],
    ],
  ])('is %s', (_sentence, listed, known, order) => {
    const byId = new Map(known.map((one) => [one.agentId, one]));
    expect(orderForDeletion(listed, byId).map((one) => one.instanceId)).toEqual(order);
  });
});

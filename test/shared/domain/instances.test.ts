import {
  afterListing,
  isListingDue,
  listingReasons,
  mergeInstances,
  neverListed,
  type InstanceRow,
  type ListingReasons,
  type ObservedAgent,
} from '../../../shared/domain';
import { agent, agents, instance, instances, now, pending, seconds, settings, silent } from './samples';

describe('mergeInstances', () => {
  const merge = (known: InstanceRow[], listed: InstanceRow[]) => mergeInstances(known, listed, now);
  const indexes = (rows: InstanceRow[]) => Object.fromEntries(rows.map((row) => [row.vmId, row.index]));

  test('numbers VMs in the order they were made', () => {
    const { rows, changed, gone } = merge([], [instance(2), instance(0), instance(1)]);
    expect(indexes(rows)).toEqual({ 'vm-0': 0, 'vm-1': 1, 'vm-2': 2 });
    expect(changed).toEqual(rows);
    expect(gone).toEqual([]);
    expect(rows[0]).toMatchObject({ firstListedAt: now.toISOString(), stateSince: now.toISOString() });
  });

  test('keeps a VM`s number, and gives one that became free to the next that comes', () => {
    const { rows, changed, gone } = merge(instances(3), [instance(0), instance(2), instance(7), instance(8)]);
    expect(indexes(rows)).toEqual({ 'vm-0': 0, 'vm-2': 2, 'vm-7': 1, 'vm-8': 3 });
    expect(changed.map((row) => row.vmId)).toEqual(['vm-7', 'vm-8']);
    expect(gone.map((row) => row.vmId)).toEqual(['vm-1']);
  });

  test('tells since when a VM is in its state, and writes only what has changed', () => {
    const before = [instance(0, { provisioningState: 'Creating' }), instance(1)];
    const { rows, changed } = merge(before, [instance(0), instance(1)]);
    expect(changed.map((row) => row.vmId)).toEqual(['vm-0']);
    expect(rows.map((row) => row.stateSince)).toEqual([now.toISOString(), before[1]!.stateSince]);
    expect(rows.map((row) => row.firstListedAt)).toEqual(before.map((row) => row.firstListedAt));
  });
});

describe('isListingDue', () => {
  const nothing: ListingReasons = {
    changedAt: null,
    hasUnknownCaller: false,
    suspectedAt: null,
    freshWithinMs: null,
  };
  const listed = { listedAt: seconds(-20), pages: 1, tokens: 20 };
  const due = (reasons: Partial<ListingReasons>, state = listed) =>
    isListingDue(state, { ...nothing, ...reasons }, { now, routineMs: 60_000 });

  test.each<[string, Partial<ListingReasons>, typeof listed, boolean]>([
    ['the first time', {}, neverListed as typeof listed, true],
    ['not where nothing asks for it', {}, listed, false],
    ['after a change', { changedAt: seconds(-5) }, listed, true],
    ['not for a change that the last list shows', { changedAt: seconds(-30) }, listed, false],
    ['where a VM called that no list has shown', { hasUnknownCaller: true }, listed, true],
    ['where something went wrong since', { suspectedAt: seconds(-1) }, listed, true],
    ['not again for the same suspicion', { suspectedAt: seconds(-21) }, listed, false],
    ['where the list must be fresh, and is not', { freshWithinMs: 5_000 }, listed, true],
    ['not where it is fresh enough', { freshWithinMs: 30_000 }, listed, false],
    ['as a matter of routine', {}, { ...listed, listedAt: seconds(-60) }, true],
    ['less often where it costs many calls', {}, { ...listed, pages: 10, listedAt: seconds(-100) }, false],
    ['in the end there too', {}, { ...listed, pages: 10, listedAt: seconds(-150) }, true],
    [
      'not while the calls are spent, whatever the reason',
      { hasUnknownCaller: true },
      { ...listed, tokens: 0, pages: 10 },
      false,
    ],
  ])('is due %s', (_sentence, reasons, state, expected) => {
    expect(due(reasons, state)).toBe(expected);
  });

  test('a set of 1,000 is listed twice at once and then every 75 s at most, below what Azure allows', () => {
    let state = neverListed;
    const times: number[] = [];
    for (let second = 0; second <= 300; second += 5) {
      const at = new Date(now.getTime() + second * 1000);
      if (!isListingDue(state, { ...nothing, hasUnknownCaller: true }, { now: at, routineMs: 60_000 }))
        continue;
      state = afterListing(state, 10, at);
      times.push(second);
    }
    expect(times).toEqual([0, 5, 45, 120, 195, 270]);
    // Azure: 30 at once, 10 a minute.
    const calls = (until: number): number => times.filter((time) => time <= until).length * 10;
    for (const time of times) expect(calls(time)).toBeLessThanOrEqual(30 + (time / 60) * 10);
  });
});

describe('what asks for a list', () => {
  const ask = (vms: InstanceRow[], callers: ObservedAgent[], desired = vms.length) =>
    listingReasons(
      { instances: vms, agents: callers, now, settings },
      { changedAt: null, desired, busyLookMs: 5_000 },
    );

  test('nothing, where all are at work', () => {
    expect(ask(instances(2), agents(2))).toEqual({
      changedAt: null,
      hasUnknownCaller: false,
      suspectedAt: null,
      freshWithinMs: null,
    });
  });
  test('a caller that no list has shown', () => {
    expect(ask([], [pending(0)]).hasUnknownCaller).toBe(true);
  });
  test('the latest suspicion', () => {
    expect(ask(instances(2), [silent(0, 50), silent(1, 10)]).suspectedAt).toBe(seconds(-10));
    expect(ask(instances(1), [agent(0, { goesAt: seconds(-3) })]).suspectedAt).toBe(seconds(-3));
  });
  test('VMs that are too many, and VMs that are still being made', () => {
    expect(ask(instances(3), agents(3), 1).freshWithinMs).toBe(5_000);
    expect(ask([instance(0, { provisioningState: 'Creating' })], []).freshWithinMs).toBe(30_000);
  });
});

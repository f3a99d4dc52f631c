import { planScaleSet, type ScaleSetPlan } from '../../../shared/domain';
import { create, resize } from './plan-scale-set-cases';
import {
  agent,
  agents,
  condition,
  failedOperation,
  inAzure,
  instance,
  instances,
  now,
  scaleSet,
  seconds,
  settings,
  silent,
  type SetChanges,
} from './samples';

const plan = (size: number, changes: SetChanges = {}): ScaleSetPlan =>
  planScaleSet({ snapshot: scaleSet(size, changes), now, settings });
const codeOf = ({ status }: ScaleSetPlan): string | null => status.condition?.code ?? null;
const kinds = ({ steps }: ScaleSetPlan): string[] => steps.map((step) => step.kind);
const old = { createdAt: seconds(-800), firstListedAt: seconds(-800), stateSince: seconds(-800) };
/** Two VMs of which the second never called. */
const neverJoined = { instances: [instance(0), instance(1, old)], agents: [agent(0)] };

describe('a VM that failed', () => {
  test('is deleted by name, told of in the timeline with its reason, and counted', () => {
    const result = plan(2, neverJoined);
    expect(result.steps).toMatchObject([
      { kind: 'replaceInstances', input: { departures: [{ instanceId: '1', reason: 'JoinTimedOut' }] } },
    ]);
    expect(result.events).toMatchObject([{ code: 'JoinTimedOut' }]);
    expect(result.status).toMatchObject({
      state: 'updating',
      condition: { code: 'ReplacingInstances' },
      boots: { failures: 1, failedAt: now.toISOString(), generation: 1 },
      capacityWrittenAt: now.toISOString(),
      changedAt: now.toISOString(),
    });
  });

  test('is replaced by growing back to what is desired (W-8)', () => {
    const { steps } = plan(2, { instances: [instance(0)], agents: [agent(0)], azure: inAzure(1) });
    expect(steps).toEqual([resize(2)]);
  });

  test('is not judged by a list from before the last change', () => {
    const listing = { listedAt: seconds(-20), pages: 1, tokens: 0 };
    const result = plan(2, { ...neverJoined, listing, status: { changedAt: seconds(-10) } });
    expect(result.steps).toEqual([]);
    expect(codeOf(result)).toBe('ListingSpaced');
  });

  test('waits for its turn like every write', () => {
    const result = plan(2, { ...neverJoined, status: { capacityWrittenAt: seconds(-5) } });
    expect([kinds(result), codeOf(result)]).toEqual([[], 'CapacityWriteSpaced']);
  });
});

describe('the tenth failed boot in a row', () => {
  const failing = (failures: number, changes: SetChanges = {}): ScaleSetPlan =>
    plan(3, {
      instances: instances(1),
      agents: agents(1),
      azure: inAzure(1),
      ...changes,
      status: { boots: { failures, message: 'set_9: nothing came.', failedAt: seconds(-20), generation: 1 } },
    });

  test('stops growth, and the condition says why and what to do', () => {
    const result = failing(10);
    expect(result.steps).toEqual([]);
    expect(result.status).toMatchObject({ state: 'failed', condition: { code: 'BootsFailing' } });
    expect(result.status.condition?.message).toContain('set_9: nothing came.');
    expect(result.lookAt).toBe(seconds(60));
  });

  test('is one more than nine, which stop nothing', () => {
    expect(failing(9).steps).toEqual([resize(3)]);
  });

  test('is forgotten with a new wish', () => {
    const result = failing(10, { desired: { capacity: 3, generation: 2 } });
    expect(result.steps).toEqual([resize(3)]);
    expect(result.status.boots).toMatchObject({ failures: 0, generation: 2 });
  });

  test('is forgotten once a worker has enrolled since', () => {
    expect(failing(10, { agents: [agent(0, { enrolledAt: seconds(-10) })] }).steps).toEqual([resize(3)]);
  });

  test('keeps VMs that fail no longer than others: they are deleted all the same', () => {
    expect(kinds(failing(10, { ...neverJoined, azure: inAzure(2) }))).toEqual(['replaceInstances']);
  });

  test('counts no VM that Azure had no room for', () => {
    const failed = instance(1, { provisioningState: 'Failed' });
    const { status } = plan(2, {
      instances: [instance(0), failed],
      agents: [agent(0)],
      status: { condition: condition('AllocationFailed') },
    });
    expect(status.boots.failures).toBe(0);
  });
});

describe('agents whose VM is gone', () => {
  test('are forgotten, whatever else is done or waited for', () => {
    const gone = { agents: [...agents(2), agent(7), agent(8, { goesAt: seconds(-30) })] };
    const expected = [
      { agentId: 'vm-7', name: 'set_7', wasEvicted: false },
      { agentId: 'vm-8', name: 'set_8', wasEvicted: true },
    ];
    for (const status of [{}, { failures: 1, retryAt: seconds(9), condition: condition('X') }]) {
      expect(plan(2, { ...gone, status }).steps).toEqual([
        { kind: 'forgetAgents', input: { gone: expected } },
      ]);
    }
  });
});

describe('many silent VMs', () => {
  test('are the condition, and nothing is done', () => {
    const result = plan(5, { agents: [0, 1, 2, 3, 4].map((id) => silent(id, 130)) });
    expect([kinds(result), codeOf(result)]).toEqual([[], 'ManyWorkersSilent']);
  });
});

describe('a look that comes late', () => {
  test('counts silence from then on: nobody listened before (W-1)', () => {
    const late = plan(2, { status: { lookAt: seconds(-21), watchedSince: seconds(-3600) } });
    expect(late.status.watchedSince).toBe(now.toISOString());
    const inTime = plan(2, { status: { lookAt: seconds(-19), watchedSince: seconds(-3600) } });
    expect(inTime.status.watchedSince).toBe(seconds(-3600));
    expect(inTime.status.lookAt).toBe(inTime.lookAt);
  });
});

describe('removed workers', () => {
  const removals = [{ vmId: 'vm-1', isForced: false }];
  test('keep their VM until it is idle, and the condition says so', () => {
    const busy = { agents: [agent(0), agent(1, { runningTasks: 1 })], removals, azure: inAzure(2) };
    const result = plan(1, { ...busy, instances: instances(2) });
    expect([kinds(result), codeOf(result)]).toEqual([[], 'DrainingWorkers']);
  });
  test('are made up for at once where more are desired (R-1)', () => {
    const busy = { agents: [agent(0), agent(1, { runningTasks: 1 })], removals, azure: inAzure(2) };
    expect(plan(3, { ...busy, instances: instances(2) }).steps).toEqual([resize(4)]);
  });
});

describe('a set that no VM is wanted of', () => {
  const empty = (emptySince: string | null, deleteWhenEmptyMs: number | null = 60_000) =>
    plan(0, { desired: { deleteWhenEmptyMs, generation: 7 }, status: { emptySince } });
  test('is retired once it has been empty for as long as was said', () => {
    expect(empty(null)).toMatchObject({ steps: [], status: { emptySince: now.toISOString() } });
    expect(empty(seconds(-59)).steps).toEqual([]);
    expect(empty(seconds(-60)).steps).toEqual([{ kind: 'retireScaleSet', input: { generation: 7 } }]);
  });
  test('stays where nothing was said, and where it has VMs', () => {
    expect(empty(seconds(-999), null).steps).toEqual([]);
    const { status } = plan(1, { desired: { deleteWhenEmptyMs: 1 }, status: { emptySince: seconds(-9) } });
    expect(status.emptySince).toBeNull();
  });
});

describe('quota', () => {
  const short = (room: number) => ({ fits: false, room, message: 'short by 6 cores of DSv5 in westeurope' });
  test('that suffices for some lets those come', () => {
    const result = plan(2, { desired: { capacity: 5 }, quota: short(2) });
    expect(result.steps).toEqual([resize(4)]);
  });
  test('that suffices for none is the condition, with what is lacking, and is asked for again', () => {
    const result = plan(2, { desired: { capacity: 5 }, quota: short(0) });
    expect(result.steps).toEqual([]);
    expect(result.status).toMatchObject({
      state: 'updating',
      quotaShort: { since: now.toISOString(), generation: 1 },
      condition: { code: 'QuotaExceeded', message: short(0).message, nextAttemptAt: seconds(60) },
    });
    expect(result.lookAt).toBe(seconds(60));
  });
  test('is asked for before a set is made', () => {
    const none = { azure: null, instances: [], agents: [], status: { state: 'creating' as const } };
    expect(codeOf(plan(3, { ...none, quota: short(0) }))).toBe('QuotaExceeded');
    expect(plan(3, { ...none, quota: short(2) }).steps).toEqual([create(2)]);
  });
  test('is given up on after a time (R-20), until there is a new wish', () => {
    const quotaShort = { since: seconds(-3600), generation: 1 };
    const given = plan(2, { desired: { capacity: 5 }, quota: short(0), status: { quotaShort } });
    expect(given.status).toMatchObject({ state: 'failed', condition: { code: 'QuotaExceeded' } });
    const fits = { fits: true, room: 3, message: '' };
    expect(plan(2, { desired: { capacity: 5 }, quota: fits, status: { quotaShort } }).steps).toEqual([]);
    const anew = { desired: { capacity: 5, generation: 2 }, quota: fits, status: { quotaShort } };
    expect(plan(2, anew).steps).toEqual([resize(5)]);
  });
});

describe('where Azure has no room', () => {
  const placements = [
    { zones: ['1'], size: 'A' },
    { zones: ['2'], size: 'A' },
    { zones: ['1'], size: 'B' },
    { zones: ['2'], size: 'B' },
  ];
  const creation = { operation: { purpose: 'create' as const, token: 't' }, state: 'creating' as const };
  const failed = { operation: failedOperation };
  const nothing = { instances: [], agents: [] };

  test('an empty set is made anew in the next place at once, and the timeline says so', () => {
    const azure = inAzure(2, { provisioningState: 'Failed', zones: ['1'] });
    const result = plan(2, { ...nothing, ...failed, azure, desired: { placements }, status: creation });
    expect(kinds(result)).toEqual(['deleteScaleSet']);
    expect(result.status).toMatchObject({ placement: 1, retryAt: null });
    expect(result.events?.[0]).toMatchObject({ code: 'PlacementChanged' });
    expect(result.events?.[0]?.message).toContain('A in zone 2 is tried');
    const next = plan(2, {
      ...nothing,
      azure: null,
      desired: { placements },
      status: { ...result.status, operation: null },
    });
    expect(next.steps).toEqual([create(2, 1)]);
  });

  test('a set that has VMs stays in its zones and takes the next size', () => {
    const azure = inAzure(3, { provisioningState: 'Failed', zones: ['1'] });
    const status = { operation: { purpose: 'resize' as const, token: 't' } };
    const some = { instances: instances(1), agents: agents(1) };
    const result = plan(3, { ...some, ...failed, azure, desired: { placements }, status });
    expect(result.steps).toEqual([resize(3, { placement: 2 })]);
  });

  test('a refusal at once counts like one that comes later', () => {
    const status = {
      condition: condition('SkuNotAvailable'),
      failures: 1,
      retryAt: seconds(1),
      state: 'creating' as const,
    };
    const result = plan(2, { ...nothing, azure: null, desired: { placements }, status });
    expect(result.steps).toEqual([create(2, 1)]);
  });

  test('after the last place comes a pause, then the first again', () => {
    const last = {
      condition: condition('ZonalAllocationFailed'),
      failures: 4,
      placement: 3,
      state: 'creating' as const,
    };
    const waiting = plan(2, {
      ...nothing,
      azure: null,
      desired: { placements },
      status: { ...last, retryAt: seconds(5) },
    });
    expect([kinds(waiting), codeOf(waiting)]).toEqual([[], 'ZonalAllocationFailed']);
    const over = plan(2, {
      ...nothing,
      azure: null,
      desired: { placements },
      status: { ...last, retryAt: seconds(0) },
    });
    expect(over.steps).toEqual([create(2, 0)]);
  });

  test('another failure moves it nowhere', () => {
    const status = { condition: condition('Conflict'), failures: 1, retryAt: seconds(1) };
    expect(
      plan(2, { desired: { placements }, azure: inAzure(2, { zones: ['1'] }), status }).status.placement,
    ).toBe(0);
  });
});

describe('Spot VMs that cannot be had', () => {
  const short = {
    desired: { capacity: 4, spot: { fallbackAfterMs: 60_000 } },
    azure: inAzure(4, { provisioningState: 'Failed' }),
  };
  const spots = { instances: [0, 1].map((id) => instance(id, { priority: 'Spot' })), agents: agents(2) };
  const refused = condition('AllocationFailed');

  test('are asked for again until the policy`s delay is over', () => {
    const first = plan(2, { ...short, ...spots, status: { condition: refused } });
    expect(first.steps).toEqual([resize(4)]);
    expect(first.status.spotShort).toEqual({ since: now.toISOString(), regularBase: null });
    const second = plan(2, {
      ...short,
      ...spots,
      status: { condition: refused, spotShort: { since: seconds(-59), regularBase: null } },
    });
    expect(second.steps).toEqual([resize(4)]);
  });

  test('are then asked for as regular ones, as many as are missing', () => {
    const spotShort = { since: seconds(-60), regularBase: null };
    const result = plan(2, { ...short, ...spots, status: { condition: refused, spotShort } });
    expect(result.steps).toEqual([resize(4, { regularBase: 2 })]);
    expect(result.events).toMatchObject([{ code: 'FallingBackToRegular' }]);
  });

  test('are Spot again with the next wish, once all have come', () => {
    const spotShort = { since: seconds(-600), regularBase: 2 };
    const desired = { spot: { fallbackAfterMs: 60_000 } };
    expect(plan(2, { desired, status: { spotShort } }).status.spotShort).toBeNull();
  });

  test('stay wished for where no fallback was asked for', () => {
    const result = plan(2, {
      ...short,
      ...spots,
      desired: { capacity: 4, spot: { fallbackAfterMs: null } },
      status: { condition: refused },
    });
    expect(result.status.spotShort).toBeNull();
  });
});

describe('a set that Azure made smaller than it was asked', () => {
  test('is asked for once more, a minute later', () => {
    const few = { instances: instances(1), agents: agents(1), azure: inAzure(2) };
    expect(plan(2, { ...few, status: { changedAt: seconds(-59) } }).steps).toEqual([]);
    expect(plan(2, { ...few, status: { changedAt: seconds(-60) } }).steps).toEqual([resize(2)]);
  });
});

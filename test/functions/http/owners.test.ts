import { newOwner, refuseChanges, variablesOf } from '../../../functions/http/owners';
import { workerViews } from '../../../functions/http/worker-views';
import { Owner } from '../../../shared/contracts';
import type { AgentRow } from '../../../shared/domain';
import { ApiError } from '../../../shared/errors';

jest.mock('durable-functions', () => ({ OrchestrationRuntimeStatus: {}, input: {} }));

test('a new owner is one of its own, even of a name that was borne before', () => {
  const first = newOwner('scale-set', 'cbox');
  expect(Owner.parse(first)).toEqual(first);
  expect(newOwner('scale-set', 'cbox').incarnation).not.toBe(first.incarnation);
});

describe('what a resource was made with', () => {
  const kept = { template: 'a', workersPerInstance: 1, environmentVariables: { A: '1', B: '2' } };

  test('may be asked for again, in any order', () => {
    expect(() =>
      refuseChanges(kept, { ...kept, environmentVariables: { B: '2', A: '1' }, capacity: 9 }),
    ).not.toThrow();
  });

  test('may not be changed: every field that differs is named', () => {
    const asked = { ...kept, template: 'b', environmentVariables: { A: '1' } };
    const refusal = ((): unknown => {
      try {
        return refuseChanges(kept, asked);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(ApiError);
    expect(refusal).toMatchObject({ status: 409, code: 'AlreadyExists' });
    expect((refusal as ApiError).options.details?.map((detail) => detail.target)).toEqual([
      'template',
      'environmentVariables',
    ]);
  });
});

describe('the view of workers', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  const agent: AgentRow = {
    agentId: 'vm-1',
    agentRunId: 'run',
    state: 'enrolled',
    instance: {
      resourceId: '/vm',
      vmId: 'vm-1',
      name: 'cbox_1',
      subscriptionId: '',
      resourceGroup: '',
      scaleSetName: '',
      location: '',
      zone: '2',
      vmSize: 's',
      priority: 'Spot',
      privateIpAddress: '10.0.0.4',
      physicalHostName: 'h',
    },
    calledAt: '',
    enrolledAt: '2026-03-01T11:00:00Z',
    lastSeenAt: '',
    leaseExpiresAt: '2026-03-01T12:00:01Z',
    accessIssuedAt: null,
    running: { 'cbox_1-1': { jobId: 'j', task: 4, attemptId: 'a', startedAt: '' } },
  };

  test('is one for each slot, with what it runs', () => {
    const views = workerViews(agent, 2, now);
    expect(views.map((view) => view.id)).toEqual(['cbox_1-0', 'cbox_1-1']);
    expect(views.map((view) => view.running)).toEqual([null, { jobId: 'j', task: 4 }]);
    expect(views[0]).toMatchObject({ state: 'enrolled', instance: 'cbox_1', zone: '2', priority: 'Spot' });
  });

  test.each([
    ['enrolled', now + 1_000, 'enrolled'],
    ['enrolled', now + 1_001, 'lost'],
    ['draining', now + 1_001, 'lost'],
    ['pending', now + 1_001, 'pending'],
  ] as const)('of one that is %s, %d: %s', (state, at, seen) => {
    expect(workerViews({ ...agent, state }, 1, at)[0]?.state).toBe(seen);
  });

  test.each<[string, Partial<AgentRow>, string, string | null]>([
    ['boots', { state: 'booting', stage: 'node' }, 'booting', 'node'],
    ['makes its environment', { preparation: { state: 'preparing', message: 'npm' } }, 'preparing', 'npm'],
    ['could not make it', { preparation: { state: 'failed', message: 'no npm' } }, 'failed', 'no npm'],
    ['is evicted', { evicting: { eventId: 'e', notBefore: null, noticedAt: '' } }, 'evicting', null],
    ['was removed', { removedSlots: [0] }, 'draining', null],
    ['is drained', { state: 'draining' }, 'draining', null],
  ])('of one that %s says so', (_what, changes, state, message) => {
    expect(workerViews({ ...agent, ...changes }, 1, now)[0]).toMatchObject({ state, message });
  });

  test('numbers the slots through the scale set, and tells of their commands', () => {
    const command = {
      state: 'ready' as const,
      since: '',
      runId: 'r',
      restarts: 0,
      exitCode: null,
      signal: null,
      message: '',
    };
    const views = workerViews({ ...agent, index: 3, commands: { 'cbox_1-1': command } }, 2, now);
    expect(views.map((view) => view.index)).toEqual([6, 7]);
    expect(views.map((view) => view.command)).toEqual([null, command]);
  });

  test('does not take one that has no lease yet for lost', () => {
    expect(workerViews({ ...agent, leaseExpiresAt: null }, 1, now)[0]?.state).toBe('enrolled');
  });
});

test('the number of threads is OMP_NUM_THREADS, unless it was given itself', () => {
  expect(variablesOf({ environmentVariables: { A: '1' } })).toEqual({ A: '1' });
  expect(variablesOf({ ompNumThreads: 8, environmentVariables: { A: '1' } })).toEqual({
    A: '1',
    OMP_NUM_THREADS: '8',
  });
  expect(variablesOf({ ompNumThreads: 8, environmentVariables: { OMP_NUM_THREADS: '2' } })).toEqual({
    OMP_NUM_THREADS: '2',
  });
});

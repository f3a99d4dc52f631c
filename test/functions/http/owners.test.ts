import { newOwner, refuseChanges } from '../../../functions/http/owners';
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

  test('does not take one that has no lease yet for lost', () => {
    expect(workerViews({ ...agent, leaseExpiresAt: null }, 1, now)[0]?.state).toBe('enrolled');
  });
});

import { planScaleSet, type ScaleSetPlan, type ScaleSetSnapshot } from '../../../shared/domain';
import {
  agents,
  condition,
  failedOperation,
  inAzure,
  now,
  scaleSet,
  seconds,
  settings,
  unreachable,
  unwanted,
  wanting,
} from './samples';
import { nothingInAzure, presence, underWay } from './plan-scale-set-cases';
import { removal } from './plan-scale-set-removal-cases';

const plan = (snapshot: ScaleSetSnapshot): ScaleSetPlan => planScaleSet({ snapshot, now, settings });

describe('planScaleSet', () => {
  test.each([...presence, ...removal])('%s', (_sentence, { snapshot, steps, state, code, look }) => {
    const result = plan(snapshot);
    expect(result.steps).toEqual(steps);
    expect(result.status.state).toBe(state);
    expect(result.status.condition?.code ?? null).toBe(code);
    expect(result.lookAt).toBe(seconds(look));
    expect(result.isFinished).toBe(false);
  });

  test.each([
    ['that Azure has deleted', scaleSet(0, { ...nothingInAzure, desired: unwanted })],
    [
      'that never came to be',
      scaleSet(0, { ...nothingInAzure, desired: unwanted, status: { state: 'creating' } }),
    ],
    [
      'whose creation failed and left nothing',
      scaleSet(0, {
        ...nothingInAzure,
        desired: unwanted,
        status: { state: 'creating', ...underWay('create') },
        operation: failedOperation,
      }),
    ],
    [
      'of the name of a set that is not ours, which stays',
      scaleSet(3, {
        desired: unwanted,
        azure: inAzure(3, { isOurs: false }),
        status: { state: 'failed' },
      }),
    ],
  ])('forgets a set %s', (_sentence, snapshot) => {
    const result = plan(snapshot);
    expect(result.steps).toEqual([{ kind: 'forgetScaleSet', input: {} }]);
    expect(result).toMatchObject({ isFinished: true, status: { state: 'deleted', condition: null } });
  });

  it('has nothing to do where the row is gone', () => {
    expect(plan(scaleSet(2, { desired: null }))).toMatchObject({ steps: [], isFinished: true });
  });

  it('changes nothing while Azure cannot be asked, says so and looks again later each time', () => {
    const first = plan(scaleSet(2, { failure: unreachable, ...nothingInAzure }));
    expect(first).toMatchObject({
      steps: [],
      lookAt: seconds(2),
      status: {
        state: 'ready',
        failures: 1,
        condition: { code: 'TransportError', nextAttemptAt: seconds(2) },
      },
    });
    const second = plan(scaleSet(2, { failure: unreachable, status: first.status }));
    expect(second).toMatchObject({ lookAt: seconds(4), status: { failures: 2 } });
    const back = plan(scaleSet(2, { status: { ...second.status, retryAt: seconds(0) } }));
    expect(back.status).toMatchObject({ state: 'ready', failures: 0, retryAt: null, condition: null });
  });

  it('keeps the operation under way while Azure cannot be asked', () => {
    const { status } = plan(scaleSet(2, { failure: unreachable, status: underWay('resize') }));
    expect(status.operation).toEqual({ purpose: 'resize', token: 't' });
  });

  it('leaves no time between a capacity write and its record', () => {
    const { status } = plan(scaleSet(2, { desired: wanting(5) }));
    expect(status.capacityWrittenAt).toBe(now.toISOString());
    expect(status.capacity).toEqual({ desired: 5, provisioned: 2, enrolled: 2 });
  });

  it('keeps the time since when the same reason holds', () => {
    const waiting = condition('WaitingForWorkers', seconds(-500));
    const { status } = plan(scaleSet(2, { agents: agents(1), status: { condition: waiting } }));
    expect(status.condition).toMatchObject({ since: seconds(-500), message: '1 of 2 VMs have enrolled.' });
  });

  it('does not take the worker of a former VM for that of a new VM with the same instance id', () => {
    const former = agents(2).map((agent) => ({ ...agent, agentId: `former-${agent.agentId}` }));
    const { status, steps } = plan(scaleSet(2, { agents: former }));
    expect(steps.map((step) => step.kind)).toEqual(['forgetAgents']);
    expect(status.capacity.enrolled).toBe(0);
    expect(status.condition?.code).toBe('WaitingForWorkers');
  });
});

import {
  planVirtualMachine,
  type VirtualMachinePlan,
  type VirtualMachineSnapshot,
} from '../../../shared/domain';
import { machine, nic, now, seconds, settings, unreachable, vm } from './samples';
import { absent, nothing, presence } from './plan-virtual-machine-cases';
import { removal } from './plan-virtual-machine-removal-cases';
import { rollback } from './plan-virtual-machine-rollback-cases';

const plan = (snapshot: VirtualMachineSnapshot): VirtualMachinePlan =>
  planVirtualMachine({ snapshot, now, settings });

describe('planVirtualMachine', () => {
  test.each([...presence, ...rollback, ...removal])('%s', (_sentence, { snapshot, steps, state, code }) => {
    const result = plan(snapshot);
    expect(result.steps.map((step) => step.kind)).toEqual(steps);
    expect(result.status.state).toBe(state);
    expect(result.status.condition?.code ?? null).toBe(code);
    expect(result.isFinished).toBe(false);
  });

  test.each([
    ['that Azure has deleted', machine({ ...nothing, desired: absent, status: { state: 'deleting' } })],
    ['that never came to be', machine({ ...nothing, desired: absent })],
    [
      'that was rolled back',
      machine({ ...nothing, desired: absent, status: { state: 'failed', isRollingBack: true } }),
    ],
    [
      'of a name that others bear in Azure, whose parts stay',
      machine({
        desired: absent,
        virtualMachine: { ...vm, isOurs: false },
        networkInterface: { ...nic, isOurs: false },
        status: { state: 'failed' },
      }),
    ],
  ])('forgets a VM %s', (_sentence, snapshot) => {
    const result = plan(snapshot);
    expect(result.steps).toEqual([{ kind: 'forgetVirtualMachine', input: {} }]);
    expect(result).toMatchObject({ isFinished: true, status: { state: 'deleted', condition: null } });
  });

  it('has nothing to do where the row is gone', () => {
    expect(plan(machine({ desired: null }))).toMatchObject({ steps: [], isFinished: true });
  });

  it('changes nothing while Azure cannot be asked, and looks again after the pause', () => {
    expect(plan(machine({ ...nothing, failure: unreachable, status: { state: 'ready' } }))).toMatchObject({
      steps: [],
      lookAt: seconds(2),
      status: { state: 'ready', failures: 1, condition: { code: 'TransportError' } },
    });
  });

  it('looks seldom when nothing is under way and often when something is', () => {
    expect(plan(machine()).lookAt).toBe(seconds(60));
    expect(plan(machine(nothing)).lookAt).toBe(seconds(5));
  });

  it('knows the address of its interface', () => {
    expect(plan(machine()).status.privateIpAddress).toBe('10.0.0.4');
  });
});

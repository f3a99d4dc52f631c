import type { ActivityHandler } from 'durable-functions';
import type { Owner } from '../../shared/contracts';
import type { StepOutcome, VirtualMachineSnapshot, VirtualMachineStatus } from '../../shared/domain';
import {
  eventNames,
  orchestratorNames,
  ownerInstanceId,
  virtualMachineActivities,
} from '../../shared/durable';
import { settings } from './pretend-azure';
import { enrolledAgent } from '../shared/domain/samples';
import { startSteppedRun, type SteppedRun } from './stepped-run';

const owner: Owner = { kind: 'virtual-machine', name: 'big', incarnation: '0a1b2c3d' };
const instanceId = ownerInstanceId(owner);
const done: StepOutcome = { operation: null, failure: null };

/** A detached VM's parts in a few variables: whatever is asked is done at once, but what is refused. */
class PretendParts {
  wanted: 'present' | 'absent' | null = 'present';
  readonly parts = new Set<string>();
  readonly steps: string[] = [];
  refusal: string | null = null;
  status: VirtualMachineStatus = {
    state: 'creating',
    condition: null,
    resourceId: '/vm',
    operation: null,
    failures: 0,
    retryAt: null,
    privateIpAddress: null,
    bootSince: null,
    isRollingBack: false,
    failure: null,
  };

  activities(): Record<string, ActivityHandler> {
    const { observe, record, steps } = virtualMachineActivities;
    const step = (name: keyof typeof steps, act: () => void): [string, ActivityHandler] => [
      steps[name].name,
      () => {
        this.steps.push(name);
        act();
        return done;
      },
    ];
    return {
      [observe.name]: () => ({ snapshot: this.look(), settings }),
      [record.name]: (input: { status: VirtualMachineStatus }) => {
        this.status = input.status;
        return null;
      },
      ...Object.fromEntries([
        step('createNetworkInterface', () => this.parts.add('nic')),
        step('deleteVirtualMachine', () => this.parts.delete('vm')),
        step('deleteNetworkInterface', () => this.parts.delete('nic')),
        step('deleteDisks', () => this.parts.delete('disk')),
        step('forgetVirtualMachine', () => (this.wanted = null)),
      ]),
      [steps.createVirtualMachine.name]: (): StepOutcome => {
        this.steps.push('createVirtualMachine');
        const code = this.refusal;
        if (code)
          return {
            operation: null,
            failure: { code, message: code, isRetryable: false, retryAfterMs: null },
          };
        this.parts.add('vm').add('disk');
        return done;
      },
    };
  }

  private look(): VirtualMachineSnapshot {
    const there = { provisioningState: 'Succeeded', isOurs: true };
    const hasVm = this.parts.has('vm');
    return {
      desired: this.wanted && { wanted: this.wanted },
      status: this.status,
      networkInterface: this.parts.has('nic') ? { ...there, privateIpAddress: '10.0.0.4' } : null,
      virtualMachine: hasVm ? { ...there, vmId: 'vm-1' } : null,
      leftoverDiskIds: !hasVm && this.parts.has('disk') ? ['/disk'] : [],
      agent: hasVm ? enrolledAgent : null,
      operation: null,
      failure: null,
    };
  }
}

let machine: PretendParts;
let run: SteppedRun;
beforeEach(async () => {
  machine = new PretendParts();
  run = await startSteppedRun(() => machine.activities());
});
afterEach(() => run.close());
const start = () =>
  run.engine.startNew({ name: orchestratorNames.virtualMachine, instanceId, input: { owner } });

async function remove(): Promise<void> {
  machine.wanted = 'absent';
  await run.engine.raiseEvent(instanceId, eventNames.desiredChanged, {});
  await run.stepUntil(() => machine.wanted === null);
  expect(await run.engine.whenFinished(instanceId)).toMatchObject({ runtimeStatus: 'Completed' });
}

describe('the virtual-machine orchestrator', () => {
  it('makes the interface, then the VM; and takes all down in turn', async () => {
    await start();
    await run.stepUntil(() => machine.status.state === 'ready');
    expect(machine.steps).toEqual(['createNetworkInterface', 'createVirtualMachine']);
    machine.steps.length = 0;
    await remove();
    expect(machine.steps).toEqual([
      'deleteVirtualMachine',
      'deleteNetworkInterface',
      'deleteDisks',
      'forgetVirtualMachine',
    ]);
    expect(machine.parts.size).toBe(0);
  });

  it('rolls a hopeless creation back, says why for as long as it is kept, and lets it be removed', async () => {
    machine.refusal = 'SkuNotAvailable';
    await start();
    await run.stepUntil(() => machine.status.state === 'failed' && machine.parts.size === 0);
    await run.step(600_000);
    expect(machine.steps).toEqual([
      'createNetworkInterface',
      'createVirtualMachine',
      'deleteNetworkInterface',
    ]);
    expect(machine.status).toMatchObject({ state: 'failed', condition: { code: 'SkuNotAvailable' } });
    await remove();
    expect(machine.steps.at(-1)).toBe('forgetVirtualMachine');
  });

  it('tries again what may succeed later', async () => {
    machine.refusal = 'AllocationFailed';
    await start();
    await run.stepUntil(() => machine.status.failures === 3);
    machine.refusal = null;
    await run.stepUntil(() => machine.status.state === 'ready');
    expect(machine.status.failures).toBe(0);
  });
});

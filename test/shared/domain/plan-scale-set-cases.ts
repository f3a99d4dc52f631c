import { type ScaleSetPlan, type ScaleSetSnapshot } from '../../../shared/domain';
import {
  agent,
  agents,
  condition,
  failedOperation,
  inAzure,
  instance,
  instances,
  pending,
  runningOperation,
  scaleSet,
  seconds,
  wanting,
} from './samples';

/** Tables of `plan-scale-set.test.ts`: a sentence, what is seen, what follows. */
export const underWay = (purpose: 'create' | 'resize' | 'delete') => ({ operation: { purpose, token: 't' } });
export const nothingInAzure = { azure: null, instances: [], agents: [] };
export const create = (capacity: number, placement = 0): ScaleSetPlan['steps'][number] => ({
  kind: 'createScaleSet',
  input: { capacity, placement },
});
export const resize = (
  capacity: number,
  { placement = 0, regularBase = null }: { placement?: number; regularBase?: number | null } = {},
): ScaleSetPlan['steps'][number] => ({
  kind: 'setScaleSetCapacity',
  input: { capacity, placement, regularBase },
});

/** One look and what it leads to. */
export interface Case {
  snapshot: ScaleSetSnapshot;
  steps: ScaleSetPlan['steps'];
  state: string;
  code: string | null;
  /** Seconds until the next look. */
  look: number;
}

export const presence: [string, Case][] = [
  [
    'asks Azure for a set that is not there, whole',
    {
      snapshot: scaleSet(3, { ...nothingInAzure, status: { state: 'creating' } }),
      steps: [create(3)],
      state: 'creating',
      code: 'CreatingInAzure',
      look: 5,
    },
  ],
  [
    'makes a set of no VMs, too',
    {
      snapshot: scaleSet(0, { azure: null, status: { state: 'creating' } }),
      steps: [create(0)],
      state: 'creating',
      code: 'CreatingInAzure',
      look: 5,
    },
  ],
  [
    'waits for the creation that is under way',
    {
      snapshot: scaleSet(3, {
        ...nothingInAzure,
        status: { state: 'creating', ...underWay('create') },
        operation: runningOperation,
      }),
      steps: [],
      state: 'creating',
      code: 'OperationInProgress',
      look: 5,
    },
  ],
  [
    'is ready once every VM is there and has enrolled',
    {
      snapshot: scaleSet(3, { status: { state: 'creating', failures: 2, condition: condition('X') } }),
      steps: [],
      state: 'ready',
      code: null,
      look: 60,
    },
  ],
  [
    'is ready at once with no VMs wanted',
    {
      snapshot: scaleSet(0, { status: { state: 'creating' } }),
      steps: [],
      state: 'ready',
      code: null,
      look: 60,
    },
  ],
  [
    'says how many VMs Azure still has to provision',
    {
      snapshot: scaleSet(2, {
        instances: [instance(0), instance(1, { provisioningState: 'Creating' })],
        agents: agents(1),
      }),
      steps: [],
      state: 'updating',
      code: 'WaitingForInstances',
      look: 5,
    },
  ],
  [
    'says how many VMs have yet to enrol',
    {
      snapshot: scaleSet(2, { agents: agents(1) }),
      steps: [],
      state: 'updating',
      code: 'WaitingForWorkers',
      look: 5,
    },
  ],
  [
    'does not count an agent that drains as enrolled',
    {
      snapshot: scaleSet(1, { agents: [agent(0, { state: 'draining' })] }),
      steps: [],
      state: 'updating',
      code: 'WaitingForWorkers',
      look: 5,
    },
  ],
  [
    'does not count an agent whose lease has lapsed as enrolled',
    {
      snapshot: scaleSet(1, { agents: [agent(0, { state: 'lost' })] }),
      steps: [],
      state: 'updating',
      code: 'WaitingForWorkers',
      look: 5,
    },
  ],
  [
    'does not count an agent whose VM Azure does not list',
    {
      snapshot: scaleSet(1, { agents: [pending(7)] }),
      steps: [],
      state: 'updating',
      code: 'WaitingForWorkers',
      look: 5,
    },
  ],
  [
    'grows by asking for what is desired',
    {
      snapshot: scaleSet(2, { desired: wanting(5) }),
      steps: [resize(5)],
      state: 'updating',
      code: 'SettingCapacity',
      look: 5,
    },
  ],
  [
    'lets an operation that is running end before a changed wish is acted upon',
    {
      snapshot: scaleSet(2, {
        desired: wanting(9),
        status: { state: 'updating', ...underWay('resize') },
        operation: runningOperation,
      }),
      steps: [],
      state: 'updating',
      code: 'OperationInProgress',
      look: 5,
    },
  ],
  [
    'acts upon the changed wish once the operation has ended',
    {
      snapshot: scaleSet(2, {
        desired: wanting(9),
        status: { state: 'updating', ...underWay('resize') },
        operation: { state: 'succeeded' },
      }),
      steps: [resize(9)],
      state: 'updating',
      code: 'SettingCapacity',
      look: 5,
    },
  ],
  [
    'spaces capacity writes',
    {
      snapshot: scaleSet(2, { desired: wanting(3), status: { capacityWrittenAt: seconds(-14.999) } }),
      steps: [],
      state: 'updating',
      code: 'CapacityWriteSpaced',
      look: 5,
    },
  ],
  [
    'writes the capacity when the space is over',
    {
      snapshot: scaleSet(2, { desired: wanting(3), status: { capacityWrittenAt: seconds(-15) } }),
      steps: [resize(3)],
      state: 'updating',
      code: 'SettingCapacity',
      look: 5,
    },
  ],
  [
    'shrinks by naming the VMs that go: idle before busy, young before old',
    {
      snapshot: scaleSet(4, {
        desired: wanting(2),
        agents: [agent(0), agent(1), agent(2), agent(3, { runningTasks: 1 })],
      }),
      steps: [{ kind: 'deleteScaleSetInstances', input: { instanceIds: ['2', '1'] } }],
      state: 'updating',
      code: 'DeletingInstances',
      look: 5,
    },
  ],
  [
    'shrinks to nothing',
    {
      snapshot: scaleSet(1, { desired: wanting(0) }),
      steps: [{ kind: 'deleteScaleSetInstances', input: { instanceIds: ['0'] } }],
      state: 'updating',
      code: 'DeletingInstances',
      look: 5,
    },
  ],
  [
    'does not delete another VM in place of one that is on its way out',
    {
      snapshot: scaleSet(2, {
        instances: [...instances(2), instance(2, { provisioningState: 'Deleting' })],
        agents: agents(3),
      }),
      steps: [],
      state: 'ready',
      code: null,
      look: 60,
    },
  ],
  [
    'asks again for VMs that Azure failed to make',
    {
      snapshot: scaleSet(3, {
        azure: inAzure(3, { provisioningState: 'Failed' }),
        instances: instances(2),
        agents: agents(2),
        status: { failures: 1, retryAt: seconds(0) },
      }),
      steps: [resize(3)],
      state: 'updating',
      code: 'SettingCapacity',
      look: 5,
    },
  ],
  [
    'waits after a failed operation',
    {
      snapshot: scaleSet(2, {
        desired: wanting(3),
        status: underWay('resize'),
        operation: failedOperation,
      }),
      steps: [],
      state: 'updating',
      code: 'AllocationFailed',
      look: 5,
    },
  ],
  [
    'tries again when the pause is over',
    {
      snapshot: scaleSet(2, {
        ...nothingInAzure,
        status: {
          state: 'creating',
          failures: 3,
          retryAt: seconds(0),
          condition: condition('AllocationFailed'),
        },
      }),
      steps: [create(2)],
      state: 'creating',
      code: 'CreatingInAzure',
      look: 5,
    },
  ],
  [
    'does not touch a set of this name that Muster did not make',
    {
      snapshot: scaleSet(2, {
        azure: inAzure(9, { isOurs: false }),
        status: { state: 'creating' },
      }),
      steps: [],
      state: 'failed',
      code: 'NameTakenInAzure',
      look: 60,
    },
  ],
];

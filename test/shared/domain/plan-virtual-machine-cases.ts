import { type VirtualMachineSnapshot } from '../../../shared/domain';
import {
  condition,
  enrolledAgent,
  failedOperation,
  machine,
  nic,
  runningOperation,
  seconds,
  vm,
} from './samples';

/** Tables of `plan-virtual-machine.test.ts`: a sentence, what is seen, what follows. */
export const underWay = (purpose: 'create' | 'delete') => ({ operation: { purpose, token: 't' } });
export const nothing = { networkInterface: null, virtualMachine: null, agent: null };
export const pending = { ...enrolledAgent, state: 'pending' as const };
export const absent = { wanted: 'absent' as const };
export const refused = (code: string, nextAction: string, retryAt: string) => ({
  failures: 1,
  retryAt,
  condition: { ...condition(code), nextAction, nextAttemptAt: retryAt },
});

/** One look and what it leads to. */
export interface Case {
  snapshot: VirtualMachineSnapshot;
  steps: string[];
  state: string;
  code: string | null;
}

export const presence: [string, Case][] = [
  [
    'makes the network interface first',
    {
      snapshot: machine(nothing),
      steps: ['createNetworkInterface'],
      state: 'creating',
      code: 'CreatingNetworkInterface',
    },
  ],
  [
    'makes an interface again that Azure failed to make',
    {
      snapshot: machine({ ...nothing, networkInterface: { ...nic, provisioningState: 'Failed' } }),
      steps: ['createNetworkInterface'],
      state: 'creating',
      code: 'CreatingNetworkInterface',
    },
  ],
  [
    'makes the VM when its interface is there',
    {
      snapshot: machine({ ...nothing, networkInterface: nic }),
      steps: ['createVirtualMachine'],
      state: 'creating',
      code: 'CreatingVirtualMachine',
    },
  ],
  [
    'waits for the creation, however fast the agent is',
    {
      snapshot: machine({
        agent: pending,
        virtualMachine: { ...vm, provisioningState: 'Creating' },
        status: underWay('create'),
        operation: runningOperation,
      }),
      steps: [],
      state: 'creating',
      code: 'OperationInProgress',
    },
  ],
  [
    'waits for a VM that Azure still makes without an operation known to us',
    {
      snapshot: machine({ agent: null, virtualMachine: { ...vm, provisioningState: 'Creating' } }),
      steps: [],
      state: 'creating',
      code: 'WaitingForVirtualMachine',
    },
  ],
  [
    'waits for the agent of a VM that runs',
    { snapshot: machine({ agent: null }), steps: [], state: 'creating', code: 'WaitingForWorkers' },
  ],
  [
    'does not take the agent of an earlier VM for this one',
    {
      snapshot: machine({ agent: { ...enrolledAgent, agentId: 'vm-0' } }),
      steps: [],
      state: 'creating',
      code: 'WaitingForWorkers',
    },
  ],
  [
    'says that the agent is making the environment',
    {
      snapshot: machine({
        agent: { ...enrolledAgent, preparation: { state: 'preparing', message: 'node' } },
      }),
      steps: [],
      state: 'creating',
      code: 'MakingEnvironment',
    },
  ],
  [
    'is taken down where its environment could not be made, and says why',
    {
      snapshot: machine({
        agent: { ...enrolledAgent, preparation: { state: 'failed', message: 'no pip' } },
      }),
      steps: ['deleteVirtualMachine'],
      state: 'failed',
      code: 'EnvironmentFailed',
    },
  ],
  ['is ready once its agent has enrolled', { snapshot: machine(), steps: [], state: 'ready', code: null }],
  [
    'makes a VM again that vanished, and says that it is not ready',
    {
      snapshot: machine({ virtualMachine: null, status: { state: 'ready' } }),
      steps: ['createVirtualMachine'],
      state: 'updating',
      code: 'CreatingVirtualMachine',
    },
  ],
  [
    'says that a VM whose agent drains is not ready',
    {
      snapshot: machine({
        agent: { ...enrolledAgent, state: 'draining' },
        status: { state: 'ready' },
      }),
      steps: [],
      state: 'updating',
      code: 'Draining',
    },
  ],
  [
    'does not give up a VM whose agent has worked and is silent, however long',
    {
      snapshot: machine({
        agent: { ...enrolledAgent, state: 'lost', lastSeenAt: seconds(-90_000) },
        status: { state: 'ready' },
      }),
      steps: [],
      state: 'updating',
      code: 'AgentSilent',
    },
  ],
  [
    'waits on where the VM shows signs of its boot',
    {
      snapshot: machine({
        agent: { ...enrolledAgent, state: 'booting', stage: 'formats disks', lastSeenAt: seconds(-700) },
        status: { bootSince: seconds(-7000) },
      }),
      steps: [],
      state: 'creating',
      code: 'WaitingForWorkers',
    },
  ],
  [
    'is taken down where the VM has shown no sign of its boot for too long',
    {
      snapshot: machine({ agent: null, status: { bootSince: seconds(-721) } }),
      steps: ['deleteVirtualMachine'],
      state: 'failed',
      code: 'JoinTimedOut',
    },
  ],
  [
    'does not touch a VM of this name that Muster did not make',
    {
      snapshot: machine({ virtualMachine: { ...vm, isOurs: false } }),
      steps: [],
      state: 'failed',
      code: 'NameTakenInAzure',
    },
  ],
  [
    'does not touch an interface of this name that Muster did not make',
    {
      snapshot: machine({ ...nothing, networkInterface: { ...nic, isOurs: false } }),
      steps: [],
      state: 'failed',
      code: 'NameTakenInAzure',
    },
  ],
  [
    'waits after a creation that may succeed later',
    {
      snapshot: machine({
        ...nothing,
        networkInterface: nic,
        status: underWay('create'),
        operation: failedOperation,
      }),
      steps: [],
      state: 'creating',
      code: 'AllocationFailed',
    },
  ],
  [
    'tries again when the pause is over',
    {
      snapshot: machine({
        ...nothing,
        networkInterface: nic,
        status: refused('AllocationFailed', 'create', seconds(0)),
      }),
      steps: ['createVirtualMachine'],
      state: 'creating',
      code: 'CreatingVirtualMachine',
    },
  ],
];

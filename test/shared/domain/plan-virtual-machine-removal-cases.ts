import { absent, nothing, refused, underWay, type Case } from './plan-virtual-machine-cases';
import { machine, nic, runningOperation, seconds } from './samples';

/** Table of `plan-virtual-machine.test.ts`: what a VM that is not wanted any more leads to. */
export const removal: [string, Case][] = [
  [
    'deletes the VM before its interface',
    {
      snapshot: machine({ desired: absent }),
      steps: ['deleteVirtualMachine'],
      state: 'deleting',
      code: 'DeletingInAzure',
    },
  ],
  [
    'waits for the deletion that is under way',
    {
      snapshot: machine({
        desired: absent,
        status: { state: 'deleting', ...underWay('delete') },
        operation: runningOperation,
      }),
      steps: [],
      state: 'deleting',
      code: 'DeletingInAzure',
    },
  ],
  [
    'deletes the interface when the VM is gone',
    {
      snapshot: machine({
        ...nothing,
        desired: absent,
        networkInterface: nic,
        status: { state: 'deleting', ...underWay('delete') },
        operation: { state: 'succeeded' },
      }),
      steps: ['deleteNetworkInterface'],
      state: 'deleting',
      code: 'DeletingInAzure',
    },
  ],
  [
    'deletes the disks that outlived their VM',
    {
      snapshot: machine({ ...nothing, desired: absent, leftoverDiskIds: ['/disk'] }),
      steps: ['deleteDisks'],
      state: 'deleting',
      code: 'DeletingInAzure',
    },
  ],
  [
    'deletes a VM whose creation is still running',
    {
      snapshot: machine({
        desired: absent,
        agent: null,
        status: underWay('create'),
        operation: runningOperation,
      }),
      steps: ['deleteVirtualMachine'],
      state: 'deleting',
      code: 'DeletingInAzure',
    },
  ],
  [
    'does not forget a VM that a running creation may yet bring forth',
    {
      snapshot: machine({
        ...nothing,
        desired: absent,
        status: underWay('create'),
        operation: runningOperation,
      }),
      steps: [],
      state: 'deleting',
      code: 'DeletingInAzure',
    },
  ],
  [
    'does not take the interface from under a VM that is being made',
    {
      snapshot: machine({
        ...nothing,
        networkInterface: nic,
        desired: absent,
        status: underWay('create'),
        operation: runningOperation,
      }),
      steps: [],
      state: 'deleting',
      code: 'DeletingInAzure',
    },
  ],
  [
    'does not wait for the pause after a failed creation',
    {
      snapshot: machine({
        ...nothing,
        networkInterface: nic,
        desired: absent,
        status: refused('AllocationFailed', 'create', seconds(256)),
      }),
      steps: ['deleteNetworkInterface'],
      state: 'deleting',
      code: 'DeletingInAzure',
    },
  ],
  [
    'waits after a refused deletion and says why',
    {
      snapshot: machine({
        desired: absent,
        status: { state: 'deleting', ...refused('NicInUse', 'deleteNetworkInterface', seconds(4)) },
      }),
      steps: [],
      state: 'deleting',
      code: 'NicInUse',
    },
  ],
];

import { nothing, refused, type Case } from './plan-virtual-machine-cases';
import { condition, machine, nic, seconds, vm } from './samples';

export const rollback: [string, Case][] = [
  [
    'takes down what was made where the creation cannot succeed, after the pause',
    {
      snapshot: machine({
        ...nothing,
        networkInterface: nic,
        status: refused('SkuNotAvailable', 'createVirtualMachine', seconds(0)),
      }),
      steps: ['deleteNetworkInterface'],
      state: 'failed',
      code: 'SkuNotAvailable',
    },
  ],
  [
    'takes down a VM that Azure could not provision, before its interface',
    {
      snapshot: machine({ agent: null, virtualMachine: { ...vm, provisioningState: 'Failed' } }),
      steps: ['deleteVirtualMachine'],
      state: 'failed',
      code: 'ProvisioningFailed',
    },
  ],
  [
    'does not take down a VM that works, whatever later operation failed on it',
    {
      snapshot: machine({
        virtualMachine: { ...vm, provisioningState: 'Failed' },
        status: { state: 'ready' },
      }),
      steps: [],
      state: 'updating',
      code: 'WaitingForVirtualMachine',
    },
  ],
  [
    'goes on with the interface when the VM is gone',
    {
      snapshot: machine({
        ...nothing,
        networkInterface: nic,
        leftoverDiskIds: ['/disk'],
        status: { state: 'failed', isRollingBack: true, condition: condition('SkuNotAvailable') },
      }),
      steps: ['deleteNetworkInterface'],
      state: 'failed',
      code: 'SkuNotAvailable',
    },
  ],
  [
    'then deletes the disks that are left',
    {
      snapshot: machine({
        ...nothing,
        leftoverDiskIds: ['/disk'],
        status: { state: 'failed', isRollingBack: true, condition: condition('SkuNotAvailable') },
      }),
      steps: ['deleteDisks'],
      state: 'failed',
      code: 'SkuNotAvailable',
    },
  ],
  [
    'says the reason of the creation again once a deletion on the way down has been retried',
    {
      snapshot: machine({
        ...nothing,
        leftoverDiskIds: ['/disk'],
        status: {
          state: 'failed',
          isRollingBack: true,
          failure: condition('SkuNotAvailable'),
          condition: condition('TooManyRequests'),
          retryAt: seconds(-1),
        },
      }),
      steps: ['deleteDisks'],
      state: 'failed',
      code: 'SkuNotAvailable',
    },
  ],
  [
    'keeps the reason and makes nothing more when all is taken down',
    {
      snapshot: machine({
        ...nothing,
        status: { state: 'failed', isRollingBack: true, condition: condition('SkuNotAvailable') },
      }),
      steps: [],
      state: 'failed',
      code: 'SkuNotAvailable',
    },
  ],
  [
    'does not take down anything because a look was refused',
    {
      snapshot: machine({ status: refused('AuthorizationFailed', 'look again', seconds(0)) }),
      steps: [],
      state: 'ready',
      code: null,
    },
  ],
];

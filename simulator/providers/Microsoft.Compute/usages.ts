import { COMPUTE_VERSIONS } from '../../resource-manager/api-versions';
import type { Azure } from '../../azure';
import type { ResourceProvider } from '../../resource-manager/provider';
import { page } from '../../resource-manager/replies';
import { normalizeLocation } from '../../resource-manager/tracked-resource';
import {
  isSpot,
  SCALE_SET_VMS,
  SCALE_SETS,
  VIRTUAL_MACHINES,
  type ScaleSet,
  type VirtualMachine,
} from './models';
import type { QuotaUse } from './quota';

/** Quota counts what is allocated: a stopped VM, not a deallocated one, and no surplus of overprovisioning. */
export function quotaUse(azure: Pick<Azure, 'store'>, location: string): QuotaUse {
  const vms = [
    ...azure.store.list<VirtualMachine>(VIRTUAL_MACHINES),
    ...azure.store.list<VirtualMachine>(SCALE_SET_VMS),
  ];
  const counted = vms.filter(
    (vm) => vm.location === location && vm.state.power !== 'deallocated' && !vm.state.isSurplus,
  );
  return {
    virtualMachines: counted.map((vm) => ({
      location,
      size: vm.properties.hardwareProfile.vmSize ?? '',
      isSpot: isSpot(vm.properties),
    })),
    scaleSets: azure.store.list<ScaleSet>(SCALE_SETS).filter((set) => set.location === location).length,
  };
}

export const usages: ResourceProvider = {
  namespace: 'Microsoft.Compute',
  type: 'locations/usages',
  apiVersions: COMPUTE_VERSIONS,
  operations: [
    {
      name: 'list',
      method: 'GET',
      on: 'collection',
      handle: (call) => page(call, call.azure.quota.usages(normalizeLocation(call.id.segments[1] ?? ''))),
    },
  ],
};

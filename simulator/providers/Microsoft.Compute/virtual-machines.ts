import { COMPUTE_VERSIONS } from '../../resource-manager/api-versions';
import type { ArmCall, ArmReply, ProviderOperation, ResourceProvider } from '../../resource-manager/provider';
import { formatResourceId } from '../../resource-manager/resource-id';
import { page } from '../../resource-manager/replies';
import { present } from '../../resource-manager/store';
import { find, normalizeLocation, scopeOf } from '../../resource-manager/tracked-resource';
import { bootDiagnostics } from './boot-diagnostics';
import { instanceView } from './instance-view';
import { VIRTUAL_MACHINES, type VirtualMachine } from './models';
import { singleVmActions, startVmOperation } from './single-vm-operations';
import { updateVirtualMachine, writeVirtualMachine } from './virtual-machine-writes';
import { leaveScaleSet, removeVirtualMachine } from './vm-power';

function show(call: ArmCall, vm: VirtualMachine): Record<string, unknown> {
  const shown = structuredClone(present(vm)) as unknown as VirtualMachine;
  const expand = (call.query.get('$expand') ?? '').toLowerCase();
  if (expand.includes('instanceview')) shown.properties.instanceView = instanceView(call.azure, vm);
  if (expand.includes('userdata') && vm.state.userData) shown.properties.userData = vm.state.userData;
  return shown as unknown as Record<string, unknown>;
}

function remove(call: ArmCall): ArmReply {
  const vm = call.azure.store.find<VirtualMachine>(formatResourceId(call.id));
  if (!vm) return { status: 204 };
  if (!call.asyncError) leaveScaleSet(call.azure, vm);
  const force = call.query.get('forcedeletion') === 'true';
  return startVmOperation(call, vm, {
    status: 202,
    work: () => removeVirtualMachine(call.azure, vm, { force }),
  });
}

function list(call: ArmCall): ArmReply {
  const vms = call.azure.store.list<VirtualMachine>(VIRTUAL_MACHINES, scopeOf(call));
  return page(call, vms, (vm) =>
    call.query.get('statusonly') === 'true' ? withView(call, vm) : present(vm),
  );
}

function withView(call: ArmCall, vm: VirtualMachine): Record<string, unknown> {
  const shown = present(vm);
  return {
    ...shown,
    properties: { ...(shown['properties'] as object), instanceView: instanceView(call.azure, vm) },
  };
}

function listByLocation(call: ArmCall): ArmReply {
  const location = normalizeLocation(call.id.segments[1] ?? '');
  return page(
    call,
    call.azure.store
      .list<VirtualMachine>(VIRTUAL_MACHINES)
      .filter((vm) => vm.location === location)
      .map(present),
  );
}

const findVm = (call: ArmCall): VirtualMachine => find<VirtualMachine>(call);

const operations: ProviderOperation[] = [
  {
    name: 'createOrUpdate',
    method: 'PUT',
    on: 'resource',
    shape: 'VirtualMachine',
    bucket: 'UpdateVM',
    handle: writeVirtualMachine,
  },
  {
    name: 'update',
    method: 'PATCH',
    on: 'resource',
    shape: 'VirtualMachine',
    bucket: 'UpdateVM',
    handle: (call) => updateVirtualMachine(call, findVm(call)),
  },
  {
    name: 'get',
    method: 'GET',
    on: 'resource',
    bucket: 'GetVM',
    handle: (call) => ({ status: 200, body: show(call, findVm(call)) }),
  },
  {
    name: 'instanceView',
    method: 'GET',
    on: 'resource',
    action: 'instanceView',
    bucket: 'GetVM',
    handle: (call) => ({ status: 200, body: instanceView(call.azure, findVm(call)) }),
  },
  { name: 'delete', method: 'DELETE', on: 'resource', bucket: 'DeleteVM', handle: remove },
  { name: 'list', method: 'GET', on: 'collection', bucket: 'HighCostGet', handle: list },
  { name: 'listAll', method: 'GET', on: 'subscription', bucket: 'HighCostGet', handle: list },
  {
    name: 'retrieveBootDiagnosticsData',
    method: 'POST',
    on: 'resource',
    action: 'retrieveBootDiagnosticsData',
    bucket: 'GetVM',
    handle: (call) => bootDiagnostics(call, findVm(call)),
  },
  ...singleVmActions(findVm, 'UpdateVM'),
];

export const virtualMachines: ResourceProvider = {
  namespace: 'Microsoft.Compute',
  type: 'virtualMachines',
  apiVersions: COMPUTE_VERSIONS,
  operations,
};

export const virtualMachinesByLocation: ResourceProvider = {
  namespace: 'Microsoft.Compute',
  type: 'locations/virtualMachines',
  apiVersions: COMPUTE_VERSIONS,
  operations: [
    {
      name: 'listByLocation',
      method: 'GET',
      on: 'collection',
      bucket: 'HighCostGet',
      handle: listByLocation,
    },
  ],
};

import { COMPUTE_VERSIONS } from '../../resource-manager/api-versions';
import { ArmError, badRequest, entityNotFound } from '../../resource-manager/errors';
import type { ArmCall, ArmReply, ProviderOperation, ResourceProvider } from '../../resource-manager/provider';
import { formatResourceId } from '../../resource-manager/resource-id';
import { page, startedReply } from '../../resource-manager/replies';
import { present } from '../../resource-manager/store';
import { scopeOf, type TrackedBody } from '../../resource-manager/tracked-resource';
import { bootDiagnostics } from './boot-diagnostics';
import { instanceView, powerStateOf } from './instance-view';
import type { ScaleSet, VirtualMachine, VirtualMachineProperties } from './models';
import { beginUpdate, endUpdate } from './scale-set-writes';
import { singleVmActions, startVmOperation } from './single-vm-operations';
import { instancesOf, leaveScaleSet, removeVirtualMachine } from './vm-power';

function parentSet(call: ArmCall): ScaleSet {
  const id = formatResourceId({ ...call.id, segments: call.id.segments.slice(0, 2) });
  const set = call.azure.store.find<ScaleSet>(id);
  if (set) return set;
  throw new ArmError(
    404,
    'ParentResourceNotFound',
    `Can not perform requested operation on nested resource. Parent resource '${call.id.segments[1] ?? ''}' not found.`,
  );
}

/** An instance by its id; the VMs of a flexible set answer to their names. */
function findInstance(call: ArmCall): VirtualMachine {
  const set = parentSet(call);
  const wanted = (call.id.segments[3] ?? '').toLowerCase();
  const vm = instancesOf(call.azure, set).find(
    (one) => (one.instanceId ?? one.name).toLowerCase() === wanted,
  );
  if (!vm) throw entityNotFound();
  return vm;
}

function show(call: ArmCall, vm: VirtualMachine): Record<string, unknown> {
  const shown = structuredClone(present(vm)) as unknown as VirtualMachine;
  if (/instanceview/i.test(call.query.get('$expand') ?? ''))
    shown.properties.instanceView = instanceView(call.azure, vm);
  // A VM of a flexible set seen through the set: the path says where it belongs, so the member is left out.
  delete shown.properties.virtualMachineScaleSet;
  return { ...shown, instanceId: vm.instanceId ?? vm.name };
}

/** The three filters that Azure's documentation names; anything else is refused. */
function applyFilter(vms: VirtualMachine[], filter: string | undefined): VirtualMachine[] {
  if (!filter) return vms;
  const power = /^startswith\(instanceView\/statuses\/code, ?'PowerState(\/\w+)?'\) eq true$/i.exec(filter);
  if (power) return vms.filter((vm) => `/${powerStateOf(vm)}`.startsWith((power[1] ?? '').toLowerCase()));
  const model = /^properties\/latestModelApplied eq (true|false)$/i.exec(filter);
  if (model)
    return vms.filter((vm) => vm.properties.latestModelApplied === (model[1]?.toLowerCase() === 'true'));
  throw badRequest('BadRequest', `The $filter '${filter}' is not supported.`, '$filter');
}

function list(call: ArmCall): ArmReply {
  const set = call.azure.store.find<ScaleSet>(scopeOf(call));
  if (!set) throw parentMissing(call);
  const vms = applyFilter(instancesOf(call.azure, set), call.query.get('$filter'));
  return {
    ...page(call, vms, (vm) => show(call, vm)),
    headers: { 'x-ms-request-charge': String(Math.max(1, vms.length)) },
  };
}

function parentMissing(call: ArmCall): ArmError {
  return new ArmError(
    404,
    'ParentResourceNotFound',
    `Can not perform requested operation on nested resource. Parent resource '${call.id.segments[1] ?? ''}' not found.`,
  );
}

function get(call: ArmCall): ArmReply {
  const vm = findInstance(call);
  return {
    status: 200,
    body: {
      ...show(call, vm),
      id: `${parentSet(call).id}/virtualMachines/${vm.instanceId ?? vm.name}`,
      type: 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines',
    },
  };
}

/** Only the protection policy and the tags of an instance can be written. */
function put(call: ArmCall): ArmReply {
  const vm = findInstance(call);
  const body = call.body as TrackedBody & { properties?: Partial<VirtualMachineProperties> };
  if (body.tags) vm.tags = body.tags;
  if (body.properties?.protectionPolicy) vm.properties.protectionPolicy = body.properties.protectionPolicy;
  return startVmOperation(call, vm, { status: 200, work: async () => undefined });
}

function remove(call: ArmCall): ArmReply {
  const set = parentSet(call);
  const wanted = (call.id.segments[3] ?? '').toLowerCase();
  const vm = instancesOf(call.azure, set).find(
    (one) => (one.instanceId ?? one.name).toLowerCase() === wanted,
  );
  if (!vm) return { status: 204 };
  if (!call.asyncError) leaveScaleSet(call.azure, vm);
  beginUpdate(set);
  const operation = call.azure.operations.start({
    style: 'compute',
    location: set.location ?? '',
    name: call.operationName,
    asyncError: call.asyncError,
    work: async () => {
      await removeVirtualMachine(call.azure, vm, { force: call.query.get('forcedeletion') === 'true' });
      endUpdate(call.azure, set, 'Succeeded');
    },
    onFailure: () => endUpdate(call.azure, set, 'Failed'),
  });
  return startedReply(call, operation, { status: 202 });
}

const operations: ProviderOperation[] = [
  { name: 'get', method: 'GET', on: 'resource', bucket: 'GetVMScaleSetVM', handle: get },
  {
    name: 'update',
    method: 'PUT',
    on: 'resource',
    shape: 'VirtualMachineScaleSetVM',
    bucket: 'UpdateVMScaleSetVM',
    handle: put,
  },
  { name: 'delete', method: 'DELETE', on: 'resource', bucket: 'DeleteVMScaleSetVM', handle: remove },
  { name: 'list', method: 'GET', on: 'collection', bucket: 'HighCostGetVMScaleSet', handle: list },
  {
    name: 'getInstanceView',
    method: 'GET',
    on: 'resource',
    action: 'instanceView',
    bucket: 'GetVMScaleSetVM',
    handle: (call) => ({
      status: 200,
      body: instanceView(call.azure, findInstance(call)),
      headers: { 'x-ms-request-charge': '1' },
    }),
  },
  {
    name: 'retrieveBootDiagnosticsData',
    method: 'POST',
    on: 'resource',
    action: 'retrieveBootDiagnosticsData',
    bucket: 'GetVMScaleSetVM',
    handle: (call) => bootDiagnostics(call, findInstance(call)),
  },
  ...singleVmActions(findInstance, 'UpdateVMScaleSetVM'),
];

export const scaleSetVirtualMachines: ResourceProvider = {
  namespace: 'Microsoft.Compute',
  type: 'virtualMachineScaleSets/virtualMachines',
  apiVersions: COMPUTE_VERSIONS,
  operations,
};

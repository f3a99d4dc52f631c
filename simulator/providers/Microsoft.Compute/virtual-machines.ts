import { COMPUTE_VERSIONS } from '../../resource-manager/api-versions';
import { conflict, invalidReference } from '../../resource-manager/errors';
import type { ArmCall, ArmReply, ProviderOperation, ResourceProvider } from '../../resource-manager/provider';
import { formatResourceId, lastName } from '../../resource-manager/resource-id';
import { page } from '../../resource-manager/replies';
import { present, type ArmResource } from '../../resource-manager/store';
import {
  checkLocation,
  find,
  normalizeLocation,
  scopeOf,
  type TrackedBody,
} from '../../resource-manager/tracked-resource';
import { bootDiagnostics } from './boot-diagnostics';
import { assignIdentity } from './identity';
import { instanceView } from './instance-view';
import { checkEnum, checkModel, checkSize, requireParameter, takeSecrets } from './model-checks';
import {
  isSpot,
  VIRTUAL_MACHINES,
  type ScaleSet,
  type VirtualMachine,
  type VirtualMachineProperties,
} from './models';
import { provision } from './scale-set-capacity';
import { mergeJson } from './scale-set-model';
import { singleVmActions, startVmOperation } from './single-vm-operations';
import { checkNotRemoved } from './vm-actions';
import { createVirtualMachine } from './vm-create';
import { leaveScaleSet, removeVirtualMachine } from './vm-power';

type VirtualMachineBody = Omit<TrackedBody, 'properties'> & {
  properties?: Partial<VirtualMachineProperties>;
};

function createOrUpdate(call: ArmCall): ArmReply {
  const existing = call.azure.store.find<VirtualMachine>(formatResourceId(call.id));
  if (!existing) return create(call);
  checkLocation(call, VIRTUAL_MACHINES, existing);
  return update(call, existing);
}

function create(call: ArmCall): ArmReply {
  const { azure } = call;
  const id = formatResourceId(call.id);
  const body = call.body as VirtualMachineBody;
  const location = checkLocation(call, VIRTUAL_MACHINES, undefined);
  const properties = body.properties ?? {};
  const size = properties.hardwareProfile?.vmSize;
  requireParameter(size, 'hardwareProfile.vmSize');
  requireParameter(properties.storageProfile, 'storageProfile');
  checkSize(azure, { size, location, zones: body.zones ?? [], resource: lastName(id) });
  checkModel(azure, properties, { size, location });
  for (const reference of properties.networkProfile?.networkInterfaces ?? [])
    checkEnum(reference.properties?.deleteOption, ['Delete', 'Detach'], 'deleteOption');
  const set = joinedSet(call, properties, id);
  azure.quota.check(location, [{ location, size: size ?? '', isSpot: isSpot(properties) }]);
  const vm = createVirtualMachine(azure, {
    name: lastName(id),
    id,
    type: VIRTUAL_MACHINES,
    location,
    tags: body.tags ?? {},
    ...(body.zones ? { zones: body.zones } : {}),
    ...(body.plan ? { plan: body.plan } : {}),
    ...(body.identity ? { identity: assignIdentity(azure, id, body.identity) } : {}),
    properties,
  });
  vm.properties.osProfile = { computerName: vm.name, ...vm.properties.osProfile };
  if (set?.sku) set.sku.capacity = (set.sku.capacity ?? 0) + 1;
  return startVmOperation(call, vm, {
    status: 201,
    work: () => provision(azure, vm),
    onFailure: () => {
      if (vm.properties.provisioningState !== 'Deleting') vm.properties.provisioningState = 'Failed';
    },
  });
}

/** A VM may be put into a flexible set, nowhere else. */
function joinedSet(
  call: ArmCall,
  properties: Partial<VirtualMachineProperties>,
  vmId: string,
): ScaleSet | undefined {
  const id = properties.virtualMachineScaleSet?.id;
  if (id === undefined) return undefined;
  const set = call.azure.store.find<ScaleSet>(id);
  if (!set) throw invalidReference(id, vmId);
  if (set.properties.orchestrationMode !== 'Flexible') {
    throw conflict(
      'OperationNotAllowed',
      `Virtual machine cannot be attached to VM scale set '${set.name}' because it is not in Flexible orchestration mode.`,
    );
  }
  return set;
}

/** Tags, identity and what may change on a running VM; size changes wait for a deallocated one. */
function update(call: ArmCall, vm: VirtualMachine): ArmReply {
  checkNotRemoved(vm, 'Create or Update VM');
  const body = structuredClone(call.body) as VirtualMachineBody;
  const change = body.properties ?? {};
  checkUnchangeable(vm, change);
  const secrets = takeSecrets(change);
  if (secrets.userData !== undefined) vm.state.userData = secrets.userData;
  if (body.tags) vm.tags = body.tags;
  if (body.identity) vm.identity = assignIdentity(call.azure, vm.id, body.identity);
  const { storageProfile: _storage, networkProfile: _network, ...changeable } = change;
  vm.properties = {
    ...(mergeJson(vm.properties, changeable) as VirtualMachineProperties),
    provisioningState: 'Updating',
  };
  return startVmOperation(call, vm, {
    status: 200,
    work: async () => {
      if (vm.properties.provisioningState !== 'Deleting') vm.properties.provisioningState = 'Succeeded';
    },
    onFailure: () => {
      if (vm.properties.provisioningState !== 'Deleting') vm.properties.provisioningState = 'Failed';
    },
  });
}

function checkUnchangeable(vm: VirtualMachine, change: Partial<VirtualMachineProperties>): void {
  const refuse = (name: string): never => {
    throw conflict('PropertyChangeNotAllowed', `Changing property '${name}' is not allowed.`);
  };
  if (change.osProfile?.customData !== undefined && change.osProfile.customData !== vm.state.customData)
    refuse('osProfile.customData');
  if (
    change.osProfile?.computerName !== undefined &&
    change.osProfile.computerName !== vm.properties.osProfile?.computerName
  )
    refuse('osProfile.computerName');
  if (change.priority !== undefined && change.priority !== (vm.properties.priority ?? 'Regular'))
    refuse('priority');
  const size = change.hardwareProfile?.vmSize;
  if (size !== undefined && size !== vm.properties.hardwareProfile.vmSize && vm.state.power !== 'deallocated')
    refuse('hardwareProfile.vmSize');
}

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
  return page(
    call,
    vms.map((vm) => (call.query.get('statusonly') === 'true' ? withView(call, vm) : present(vm))),
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

const findVm = (call: ArmCall): VirtualMachine => find<VirtualMachine & ArmResource<unknown, unknown>>(call);

const operations: ProviderOperation[] = [
  {
    name: 'createOrUpdate',
    method: 'PUT',
    on: 'resource',
    shape: 'VirtualMachine',
    bucket: 'UpdateVM',
    handle: createOrUpdate,
  },
  {
    name: 'update',
    method: 'PATCH',
    on: 'resource',
    shape: 'VirtualMachine',
    bucket: 'UpdateVM',
    handle: (call) => update(call, findVm(call)),
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

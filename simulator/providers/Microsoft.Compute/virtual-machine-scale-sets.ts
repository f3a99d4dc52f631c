import { COMPUTE_VERSIONS } from '../../resource-manager/api-versions';
import { conflict } from '../../resource-manager/errors';
import type { ArmCall, ArmReply, ProviderOperation, ResourceProvider } from '../../resource-manager/provider';
import { formatResourceId } from '../../resource-manager/resource-id';
import { page } from '../../resource-manager/replies';
import { present } from '../../resource-manager/store';
import { find, normalizeLocation, scopeOf } from '../../resource-manager/tracked-resource';
import { SCALE_SETS, type ScaleSet } from './models';
import { scaleSetActions } from './scale-set-actions';
import { deleteScaleSet, findScaleSet, writeScaleSet } from './scale-set-writes';
import { VIRTUAL_MACHINE_SKUS } from './sku-table';
import { instancesOf } from './vm-power';

function get(call: ArmCall): ArmReply {
  const set = findScaleSet(call);
  const shown = structuredClone(present(set)) as unknown as ScaleSet;
  const model = shown.properties.virtualMachineProfile;
  if (model && call.query.get('$expand')?.toLowerCase() === 'userdata' && set.state.userData)
    model.userData = set.state.userData;
  return { status: 200, body: shown, headers: { ETag: set.etag ?? '' } };
}

function list(call: ArmCall): ArmReply {
  return page(call, call.azure.store.list<ScaleSet>(SCALE_SETS, scopeOf(call)).map(present));
}

function listByLocation(call: ArmCall): ArmReply {
  const location = normalizeLocation(call.id.segments[1] ?? '');
  return page(
    call,
    call.azure.store
      .list<ScaleSet>(SCALE_SETS)
      .filter((set) => set.location === location)
      .map(present),
  );
}

function instanceView(call: ArmCall): ArmReply {
  const set = findScaleSet(call);
  if (set.properties.orchestrationMode === 'Flexible') {
    throw conflict(
      'OperationNotAllowed',
      'Instance View is not supported for VM scale sets with Flexible orchestration mode.',
    );
  }
  const counts = new Map<string, number>();
  for (const vm of instancesOf(call.azure, set)) {
    const code = `ProvisioningState/${vm.properties.provisioningState.toLowerCase()}`;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const state = set.properties.provisioningState;
  const own = {
    code: `ProvisioningState/${state.toLowerCase()}`,
    level: state === 'Failed' ? 'Error' : 'Info',
    displayStatus: `Provisioning ${state.toLowerCase()}`,
    time: set.state.statusTime,
  };
  return {
    status: 200,
    body: {
      virtualMachine: { statusesSummary: [...counts].map(([code, count]) => ({ code, count })) },
      statuses: [own],
    },
  };
}

/** Sizes to which this set could be changed. */
function listSkus(call: ArmCall): ArmReply {
  const set = findScaleSet(call);
  const most = set.properties.singlePlacementGroup ? 100 : 1000;
  const value = VIRTUAL_MACHINE_SKUS.map((sku) => ({
    resourceType: SCALE_SETS,
    sku: { name: sku.name, tier: 'Standard' },
    capacity: { minimum: 0, maximum: most, defaultCapacity: 1, scaleType: 'Automatic' },
  }));
  return page(call, value);
}

function bucketOfPut(call: ArmCall): string {
  return call.azure.store.find(formatResourceId(call.id)) ? 'UpdateVMScaleSet' : 'CreateVMScaleSet';
}

const operations: ProviderOperation[] = [
  {
    name: 'createOrUpdate',
    method: 'PUT',
    on: 'resource',
    shape: 'VirtualMachineScaleSet',
    bucket: bucketOfPut,
    handle: (call) => writeScaleSet(call, call.azure.store.find<ScaleSet>(formatResourceId(call.id))),
  },
  {
    name: 'update',
    method: 'PATCH',
    on: 'resource',
    shape: 'VirtualMachineScaleSet',
    bucket: 'UpdateVMScaleSet',
    handle: (call) => writeScaleSet(call, find<ScaleSet>(call)),
  },
  { name: 'get', method: 'GET', on: 'resource', bucket: 'GetVMScaleSet', handle: get },
  { name: 'delete', method: 'DELETE', on: 'resource', bucket: 'DeleteVMScaleSet', handle: deleteScaleSet },
  {
    name: 'getInstanceView',
    method: 'GET',
    on: 'resource',
    action: 'instanceView',
    bucket: 'HighCostGetVMScaleSet',
    handle: instanceView,
  },
  {
    name: 'listSkus',
    method: 'GET',
    on: 'resource',
    action: 'skus',
    bucket: 'GetVMScaleSet',
    handle: listSkus,
  },
  { name: 'list', method: 'GET', on: 'collection', bucket: 'HighCostGetVMScaleSet', handle: list },
  { name: 'listAll', method: 'GET', on: 'subscription', bucket: 'HighCostGetVMScaleSet', handle: list },
  ...scaleSetActions,
];

export const virtualMachineScaleSets: ResourceProvider = {
  namespace: 'Microsoft.Compute',
  type: 'virtualMachineScaleSets',
  apiVersions: COMPUTE_VERSIONS,
  operations,
};

export const scaleSetsByLocation: ResourceProvider = {
  namespace: 'Microsoft.Compute',
  type: 'locations/virtualMachineScaleSets',
  apiVersions: COMPUTE_VERSIONS,
  operations: [
    {
      name: 'list',
      method: 'GET',
      on: 'collection',
      bucket: 'HighCostGetVMScaleSet',
      handle: listByLocation,
    },
  ],
};

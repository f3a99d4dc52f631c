import { checkPreconditions, newEtag } from '../../resource-manager/preconditions';
import { conflict, invalidReference, notImplemented } from '../../resource-manager/errors';
import type { ArmCall, ArmReply } from '../../resource-manager/provider';
import { formatResourceId, lastName, sameId } from '../../resource-manager/resource-id';
import { checkLocation, type TrackedBody } from '../../resource-manager/tracked-resource';
import { assignIdentity } from './identity';
import {
  checkEnum,
  checkModel,
  checkSimulated,
  checkSize,
  requireParameter,
  takeSecrets,
} from './model-checks';
import {
  isSpot,
  VIRTUAL_MACHINES,
  type ScaleSet,
  type VirtualMachine,
  type VirtualMachineProperties,
} from './models';
import { provision } from './scale-set-capacity';
import { mergeJson } from './scale-set-model';
import { startVmOperation } from './single-vm-operations';
import { checkNotRemoved } from './vm-actions';
import { createVirtualMachine } from './vm-create';

type VirtualMachineBody = Omit<TrackedBody, 'properties'> & {
  properties?: Partial<VirtualMachineProperties>;
};

/** PUT: creates the VM, or updates the one there is. */
export function writeVirtualMachine(call: ArmCall): ArmReply {
  const existing = call.azure.store.find<VirtualMachine>(formatResourceId(call.id));
  if (existing) {
    checkLocation(call, VIRTUAL_MACHINES, existing);
    return updateVirtualMachine(call, existing);
  }
  checkPreconditions(call, undefined);
  return create(call);
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
  checkSimulated(properties);
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
  return startProvisioning(call, vm, 201);
}

/** INVARIANT: `state.creation` ends, never rejects, once the provisioning has ended either way. */
function startProvisioning(call: ArmCall, vm: VirtualMachine, status: number): ArmReply {
  let ended = (): void => undefined;
  vm.state.creation = new Promise((resolve) => (ended = resolve));
  vm.properties.provisioningState = 'Creating';
  return startVmOperation(call, vm, {
    status,
    work: async () => {
      await provision(call.azure, vm);
      ended();
    },
    onFailure: () => {
      if (vm.properties.provisioningState !== 'Deleting') vm.properties.provisioningState = 'Failed';
      ended();
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
export function updateVirtualMachine(call: ArmCall, vm: VirtualMachine): ArmReply {
  checkPreconditions(call, vm);
  checkNotRemoved(vm, 'Create or Update VM');
  const body = structuredClone(call.body) as VirtualMachineBody;
  const change = body.properties ?? {};
  checkUnchangeable(vm, change);
  checkSameParts(vm, change);
  const secrets = takeSecrets(change);
  if (secrets.userData !== undefined) vm.state.userData = secrets.userData;
  if (body.tags) vm.tags = body.tags;
  if (body.identity) vm.identity = assignIdentity(call.azure, vm.id, body.identity);
  applyDeleteOptions(vm, change);
  const { storageProfile: _storage, networkProfile: _network, ...changeable } = change;
  const { provisioningState } = vm.properties;
  Object.assign(vm.properties, mergeJson(vm.properties, changeable), { provisioningState });
  vm.etag = newEtag();
  // A repeated PUT of a VM that never came up tries again, as Azure does.
  if (provisioningState === 'Failed' && vm.state.machine === undefined && vm.state.power !== 'deallocated') {
    return startProvisioning(call, vm, 200);
  }
  return finishUpdate(call, vm);
}

/** An update that arrives during the creation ends with it; otherwise it is done at once. */
function finishUpdate(call: ArmCall, vm: VirtualMachine): ArmReply {
  const isCreating = vm.properties.provisioningState === 'Creating';
  if (!isCreating) vm.properties.provisioningState = 'Updating';
  const settle = (outcome: 'Succeeded' | 'Failed'): void => {
    if (vm.properties.provisioningState === 'Updating') vm.properties.provisioningState = outcome;
  };
  return startVmOperation(call, vm, {
    status: 200,
    work: async () => {
      if (isCreating) await vm.state.creation;
      settle('Succeeded');
    },
    onFailure: () => settle('Failed'),
  });
}

/** Disks and interfaces of a running VM cannot be exchanged here; saying so is better than dropping the wish. */
function checkSameParts(vm: VirtualMachine, change: Partial<VirtualMachineProperties>): void {
  const luns = (properties: Partial<VirtualMachineProperties>): string =>
    (properties.storageProfile?.dataDisks ?? [])
      .map((disk) => disk.lun)
      .sort()
      .join();
  if (change.storageProfile?.dataDisks && luns(change) !== luns(vm.properties)) {
    throw notImplemented('attaching and detaching of data disks by an update of the virtual machine');
  }
  const ids = (properties: Partial<VirtualMachineProperties>): string =>
    (properties.networkProfile?.networkInterfaces ?? [])
      .map((nic) => nic.id.toLowerCase())
      .sort()
      .join();
  if (change.networkProfile?.networkInterfaces && ids(change) !== ids(vm.properties)) {
    throw notImplemented('exchange of the network interfaces of a virtual machine');
  }
}

function applyDeleteOptions(vm: VirtualMachine, change: Partial<VirtualMachineProperties>): void {
  const storage = vm.properties.storageProfile;
  const os = change.storageProfile?.osDisk?.deleteOption;
  if (os !== undefined && storage?.osDisk) storage.osDisk.deleteOption = os;
  for (const wanted of change.storageProfile?.dataDisks ?? []) {
    const disk = storage?.dataDisks?.find((one) => one.lun === wanted.lun);
    if (disk && wanted.deleteOption !== undefined) disk.deleteOption = wanted.deleteOption;
  }
  for (const wanted of change.networkProfile?.networkInterfaces ?? []) {
    const nic = vm.properties.networkProfile?.networkInterfaces?.find((one) => sameId(one.id, wanted.id));
    if (nic && wanted.properties?.deleteOption !== undefined)
      nic.properties = { ...nic.properties, deleteOption: wanted.properties.deleteOption };
  }
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

import { conflict } from '../../resource-manager/errors';
import { checkPreconditions } from '../../resource-manager/preconditions';
import type { Azure } from '../../azure';
import type { ArmCall, ArmReply } from '../../resource-manager/provider';
import { formatResourceId } from '../../resource-manager/resource-id';
import { startedReply } from '../../resource-manager/replies';
import { present } from '../../resource-manager/store';
import { find } from '../../resource-manager/tracked-resource';
import type { ScaleSet, VirtualMachine } from './models';
import { carryOut, createInstances, forgetUnallocated, planCapacity, quotaOf } from './scale-set-capacity';
import { sealModel, wantedScaleSet, type ScaleSetBody } from './scale-set-model';
import { instancesOf, removeVirtualMachine } from './vm-power';

/** Every operation on a set shows as Updating until the last of them has ended. */
export function beginUpdate(set: ScaleSet): void {
  set.state.activeOperations += 1;
  if (!set.state.isDeleting) set.properties.provisioningState = 'Updating';
}

export function endUpdate(azure: Azure, set: ScaleSet, outcome: 'Succeeded' | 'Failed'): void {
  set.state.activeOperations -= 1;
  set.state.statusTime = new Date(azure.clock.now()).toISOString();
  if (!set.state.isDeleting && set.state.activeOperations === 0) set.properties.provisioningState = outcome;
}

export function checkNotDeleting(set: ScaleSet, action: string): void {
  if (!set.state.isDeleting) return;
  throw conflict(
    'OperationNotAllowed',
    `Operation '${action}' is not allowed on VM Scale Set '${set.name}' since the VM Scale Set is marked for deletion. You can only retry the Delete operation (or wait for an ongoing one to complete).`,
  );
}

/** Two writes of one set at a time are refused; Azure does this too, or preempts the older one. Clients serialize them. */
function checkNotWriting(existing: ScaleSet | undefined): void {
  if (!existing?.state.isWriting) return;
  throw conflict(
    'Conflict',
    'The request failed due to conflict with a concurrent request. To resolve it, please refer to https://aka.ms/activitylog to get more details on the conflicting requests.',
  );
}

/** PUT and PATCH: the model and the capacity, in one operation. */
export function writeScaleSet(call: ArmCall, existing: ScaleSet | undefined): ArmReply {
  const { azure } = call;
  checkPreconditions(call, existing);
  if (existing) checkNotDeleting(existing, 'Update VM Scale Set');
  const wanted = wantedScaleSet(call, existing, call.body as ScaleSetBody);
  checkNotWriting(existing);
  const { wishes, victims } = planCapacity(azure, wanted);
  azure.quota.check(wanted.location ?? '', quotaOf(wanted, wishes));
  const set = existing ? adopt(azure, existing, wanted) : register(azure, wanted);
  let created: VirtualMachine[];
  try {
    created = createInstances(azure, set, wishes);
  } catch (error) {
    if (!existing) azure.store.delete(set.id);
    throw error;
  }
  beginUpdate(set);
  if (!existing) set.properties.provisioningState = 'Creating';
  set.state.isWriting = true;
  return startWrite(call, { set, created, victims, status: existing ? 200 : 201 });
}

function register(azure: Azure, set: ScaleSet): ScaleSet {
  sealModel(set);
  azure.store.put(set);
  return set;
}

/** Changes the stored set in place; instances learn of a new model, and have it at once where upgrades are automatic. */
function adopt(azure: Azure, existing: ScaleSet, wanted: ScaleSet): ScaleSet {
  const before = modelText(existing);
  const { state } = existing;
  Object.assign(existing, wanted, { state });
  sealModel(existing);
  if (modelText(existing) === before) return existing;
  state.modelVersion += 1;
  const isAutomatic = existing.properties.upgradePolicy?.mode === 'Automatic';
  for (const vm of instancesOf(azure, existing)) {
    if (isAutomatic) vm.state.modelVersion = state.modelVersion;
    if (vm.properties.latestModelApplied !== undefined) vm.properties.latestModelApplied = isAutomatic;
  }
  return existing;
}

function modelText(set: ScaleSet): string {
  const { customData, userData } = set.state;
  return JSON.stringify([set.sku?.name, set.properties.virtualMachineProfile, customData, userData]);
}

function startWrite(
  call: ArmCall,
  write: { set: ScaleSet; created: VirtualMachine[]; victims: VirtualMachine[]; status: number },
): ArmReply {
  const { azure } = call;
  const { set, created, victims, status } = write;
  const end = (outcome: 'Succeeded' | 'Failed'): void => {
    set.state.isWriting = false;
    endUpdate(azure, set, outcome);
  };
  const operation = azure.operations.start({
    style: 'compute',
    location: set.location ?? '',
    name: call.operationName,
    asyncError: call.asyncError,
    work: async () => {
      await carryOut(azure, created, victims);
      end('Succeeded');
    },
    onFailure: () => {
      forgetUnallocated(azure, created);
      end('Failed');
    },
  });
  return startedReply(call, operation, {
    status,
    body: structuredClone(present(set)),
    headers: { 'x-ms-request-charge': String(Math.max(1, created.length + victims.length)) },
  });
}

export function deleteScaleSet(call: ArmCall): ArmReply {
  const { azure } = call;
  const set = azure.store.find<ScaleSet>(formatResourceId(call.id));
  if (!set) return { status: 204 };
  const force = call.query.get('forcedeletion') === 'true';
  const before = set.properties.provisioningState;
  set.state.isDeleting = true;
  set.properties.provisioningState = 'Deleting';
  const operation = azure.operations.start({
    style: 'compute',
    location: set.location ?? '',
    name: call.operationName,
    asyncError: call.asyncError,
    work: async () => {
      await Promise.all(instancesOf(azure, set).map((vm) => removeVirtualMachine(azure, vm, { force })));
      azure.store.delete(set.id);
    },
    onFailure: () => {
      set.state.isDeleting = false;
      set.properties.provisioningState = before === 'Deleting' ? 'Failed' : before;
    },
  });
  return startedReply(call, operation, { status: 202 });
}

export function findScaleSet(call: ArmCall): ScaleSet {
  return find<ScaleSet>(call);
}

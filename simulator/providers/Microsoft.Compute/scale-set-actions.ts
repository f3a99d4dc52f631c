import { badRequest, conflict, invalidParameter } from '../../resource-manager/errors';
import type { ArmCall, ArmReply, ProviderOperation } from '../../resource-manager/provider';
import { startedReply } from '../../resource-manager/replies';
import type { ScaleSet, VirtualMachine } from './models';
import { beginUpdate, checkNotDeleting, endUpdate, findScaleSet } from './scale-set-writes';
import { checkDeallocatable, checkStartQuota, powerAction, type PowerAction } from './vm-actions';
import { instancesOf, leaveScaleSet, removeVirtualMachine } from './vm-power';

function instanceIdOf(vm: VirtualMachine): string {
  return vm.instanceId ?? vm.name;
}

/** The instances a request names; `*` or (where allowed) nothing means all of them. */
function namedInstances(call: ArmCall, set: ScaleSet, isListRequired: boolean): VirtualMachine[] {
  const ids = (call.body as { instanceIds?: string[] } | undefined)?.instanceIds;
  const all = instancesOf(call.azure, set).filter((vm) => vm.state.removal === undefined);
  if (ids === undefined) {
    if (isListRequired)
      throw invalidParameter("Required parameter 'instanceIds' is missing (null).", 'instanceIds');
    return all;
  }
  if (ids.includes('*')) return all;
  return ids.map((id) => {
    const vm = all.find((one) => instanceIdOf(one).toLowerCase() === id.toLowerCase());
    if (!vm)
      throw badRequest(
        'InvalidParameter',
        `The provided instanceId ${id} is not an active Virtual Machine Scale Set VM instanceId.`,
        'instanceIds',
      );
    return vm;
  });
}

interface SetAction {
  set: ScaleSet;
  instances: VirtualMachine[];
  each: (vm: VirtualMachine) => Promise<void>;
}

function startAction(call: ArmCall, { set, instances, each }: SetAction): ArmReply {
  const { azure } = call;
  beginUpdate(set);
  const operation = azure.operations.start({
    style: 'compute',
    location: set.location ?? '',
    name: call.operationName,
    asyncError: call.asyncError,
    work: async () => {
      await Promise.all(instances.map(each));
      endUpdate(azure, set, 'Succeeded');
    },
    onFailure: () => endUpdate(azure, set, 'Failed'),
  });
  return startedReply(call, operation, {
    status: 202,
    headers: { 'x-ms-request-charge': String(Math.max(1, instances.length)) },
  });
}

/** Removes certain instances; the capacity goes down with them. */
function deleteInstances(call: ArmCall): ArmReply {
  const set = findScaleSet(call);
  checkNotDeleting(set, 'Delete VMs');
  const instances = namedInstances(call, set, true);
  const force = call.query.get('forcedeletion') === 'true';
  if (!call.asyncError) for (const vm of instances) leaveScaleSet(call.azure, vm);
  return startAction(call, { set, instances, each: (vm) => removeVirtualMachine(call.azure, vm, { force }) });
}

function power(action: PowerAction): ProviderOperation['handle'] {
  return (call) => {
    const set = findScaleSet(call);
    checkNotDeleting(set, action);
    const instances = namedInstances(call, set, false);
    if (action === 'deallocate') instances.forEach(checkDeallocatable);
    if (action === 'start') checkStartQuota(call.azure, instances);
    return startAction(call, { set, instances, each: (vm) => powerAction(call.azure, vm, action) });
  };
}

/** Brings instances to the latest model, as far as a model reaches running VMs: the flag, not their disks. */
function manualUpgrade(call: ArmCall): ArmReply {
  const set = findScaleSet(call);
  if (set.properties.orchestrationMode !== 'Uniform') {
    throw conflict(
      'OperationNotAllowed',
      'Operation is not allowed for VM scale sets with Flexible orchestration mode.',
    );
  }
  const instances = namedInstances(call, set, true);
  return startAction(call, {
    set,
    instances,
    each: async (vm) => {
      vm.state.modelVersion = set.state.modelVersion;
      vm.properties.latestModelApplied = true;
    },
  });
}

const INSTANCE_IDS = 'VirtualMachineScaleSetVMInstanceIDs';

function action(name: string, segment: string, handle: ProviderOperation['handle']): ProviderOperation {
  return {
    name,
    method: 'POST',
    on: 'resource',
    action: segment,
    bucket: 'VMScaleSetActions',
    handle: (call) => handle(checkedBody(call)),
  };
}

/** The body may be absent; when it is there it has this one shape. */
function checkedBody(call: ArmCall): ArmCall {
  const { body } = call;
  if (body === undefined) return call;
  if (typeof body !== 'object' || body === null)
    throw badRequest(
      'InvalidRequestContent',
      'The request content was invalid and could not be deserialized.',
    );
  const unknown = Object.keys(body).find((key) => key !== 'instanceIds');
  if (unknown !== undefined)
    throw badRequest(
      'BadRequest',
      `Could not find member '${unknown}' on object of type '${INSTANCE_IDS}'`,
      unknown,
    );
  return call;
}

export const scaleSetActions: ProviderOperation[] = [
  action('deleteInstances', 'delete', deleteInstances),
  action('start', 'start', power('start')),
  action('deallocate', 'deallocate', power('deallocate')),
  action('powerOff', 'poweroff', power('powerOff')),
  action('restart', 'restart', power('restart')),
  action('reimage', 'reimage', power('reimage')),
  action('updateInstances', 'manualupgrade', manualUpgrade),
];

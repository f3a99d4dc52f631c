import { RESOURCE_VERSIONS } from '../../resource-manager/api-versions';
import type { Azure } from '../../azure';
import { badRequest, resourceGroupNotFound } from '../../resource-manager/errors';
import type { ArmCall, ArmReply, ResourceProvider } from '../../resource-manager/provider';
import { startedReply, ok, page } from '../../resource-manager/replies';
import { present, type ArmResource } from '../../resource-manager/store';
import { checkLocation, type TrackedBody } from '../../resource-manager/tracked-resource';
import {
  SCALE_SET_VMS,
  SCALE_SETS,
  VIRTUAL_MACHINES,
  type ScaleSet,
  type VirtualMachine,
} from '../Microsoft.Compute/models';
import { removeVirtualMachine } from '../Microsoft.Compute/vm-power';
import {
  INTERFACES,
  releaseInterface,
  type NetworkInterface,
} from '../Microsoft.Network/network-interface-records';

const GROUPS = 'Microsoft.Resources/resourceGroups';
const ONE = /^\/subscriptions\/([^/]+)\/resourcegroups\/(?<group>[^/]+)$/i;
const ALL = /^\/subscriptions\/([^/]+)\/resourcegroups$/i;
const RESOURCES_OF_ONE = /^\/subscriptions\/([^/]+)\/resourcegroups\/(?<group>[^/]+)\/resources$/i;

export function resourceGroupId(subscriptionId: string, name: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${name}`;
}

function find(call: ArmCall): ArmResource {
  const name = call.matched[1] ?? '';
  const group = call.azure.store.find<ArmResource>(resourceGroupId(call.azure.subscriptionId, name));
  if (!group) throw resourceGroupNotFound(name);
  return group;
}

export function putResourceGroup(
  azure: Azure,
  group: { name: string; location: string; tags?: Record<string, string> },
): ArmResource {
  const id = resourceGroupId(azure.subscriptionId, group.name);
  const existing = azure.store.find<ArmResource>(id);
  const resource: ArmResource = {
    id: existing?.id ?? id,
    name: existing?.name ?? group.name,
    type: GROUPS,
    location: group.location,
    ...(group.tags ? { tags: group.tags } : {}),
    properties: { provisioningState: 'Succeeded' },
    state: {},
  };
  azure.store.put(resource);
  return resource;
}

function put(call: ArmCall): ArmReply {
  const name = call.matched[1] ?? '';
  if (!/^[-\w.()]{1,90}$/.test(name) || name.endsWith('.')) {
    throw badRequest(
      'InvalidResourceGroup',
      `The provided resource group name '${name}' has these invalid characters or length. The name can be up to 90 of letters, digits, '-', '.', '(', ')', '_' and may not end with a period.`,
    );
  }
  const existing = call.azure.store.find<ArmResource>(resourceGroupId(call.azure.subscriptionId, name));
  const { tags } = (call.body ?? {}) as TrackedBody;
  if (typeof call.body !== 'object' || call.body === null)
    throw badRequest(
      'InvalidRequestContent',
      'The request content was invalid and could not be deserialized.',
    );
  const location = checkLocation(call, GROUPS, existing);
  return {
    ...ok(putResourceGroup(call.azure, { name, location, ...(tags ? { tags } : {}) })),
    status: existing ? 200 : 201,
  };
}

/** VMs go first, so that nothing else is in use when it goes. */
async function empty(azure: Azure, group: ArmResource): Promise<void> {
  for (const set of azure.store.list<ScaleSet>(SCALE_SETS, group.id)) set.state.isDeleting = true;
  const vms = [
    ...azure.store.list<VirtualMachine>(VIRTUAL_MACHINES, group.id),
    ...azure.store.list<VirtualMachine>(SCALE_SET_VMS, group.id),
  ];
  await Promise.all(vms.map((vm) => removeVirtualMachine(azure, vm, { force: true })));
  for (const nic of azure.store.list<NetworkInterface>(INTERFACES, group.id)) releaseInterface(azure, nic);
  for (const resource of azure.store.all(group.id)) azure.store.delete(resource.id);
  azure.store.delete(group.id);
}

function remove(call: ArmCall): ArmReply {
  const group = find(call);
  group.properties['provisioningState'] = 'Deleting';
  const operation = call.azure.operations.start({
    style: 'resources',
    location: group.location ?? '',
    name: call.operationName,
    asyncError: call.asyncError,
    work: () => empty(call.azure, group),
    onFailure: () => {
      group.properties['provisioningState'] = 'Succeeded';
    },
  });
  return startedReply(call, operation, { status: 202 });
}

function patch(call: ArmCall): ArmReply {
  const group = find(call);
  group.tags = (call.body as TrackedBody | undefined)?.tags ?? group.tags ?? {};
  return ok(group);
}

/** The generic list shows top-level resources without their properties. */
export function listResources(call: ArmCall, under: string): ArmReply {
  const top = call.azure.store
    .all(under)
    .filter((one) => one.type !== GROUPS && one.type.split('/').length === 2);
  return page(
    call,
    top.map((one) => ({
      id: one.id,
      name: one.name,
      type: one.type,
      location: one.location ?? '',
      ...(one.tags ? { tags: one.tags } : {}),
      ...(one.sku ? { sku: one.sku } : {}),
    })),
  );
}

export const resourceGroups: ResourceProvider = {
  namespace: 'Microsoft.Resources',
  type: 'resourceGroups',
  apiVersions: RESOURCE_VERSIONS,
  operations: [
    { name: 'createOrUpdate', method: 'PUT', on: 'resource', pattern: ONE, handle: put },
    { name: 'get', method: 'GET', on: 'resource', pattern: ONE, handle: (call) => ok(find(call)) },
    {
      name: 'checkExistence',
      method: 'HEAD',
      on: 'resource',
      pattern: ONE,
      handle: (call) => (find(call), { status: 204 }),
    },
    { name: 'update', method: 'PATCH', on: 'resource', pattern: ONE, handle: patch },
    { name: 'delete', method: 'DELETE', on: 'resource', pattern: ONE, handle: remove },
    {
      name: 'list',
      method: 'GET',
      on: 'subscription',
      pattern: ALL,
      handle: (call) => page(call, call.azure.store.list(GROUPS).map(present)),
    },
    {
      name: 'listResources',
      method: 'GET',
      on: 'collection',
      pattern: RESOURCES_OF_ONE,
      handle: (call) => listResources(call, find(call).id),
    },
  ],
};

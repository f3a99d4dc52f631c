import { randomUUID } from 'node:crypto';
import type { OperationStyle } from './operations';
import { badRequest, conflict, resourceNotFound } from './errors';
import type { ArmCall, ArmReply, Method, ProviderOperation, ResourceProvider } from './provider';
import { describeResource, formatResourceId, lastName } from './resource-id';
import { ok, page, startedReply } from './replies';
import { present, type ArmResource } from './store';

/** The members every PUT body may have, as far as the resource manager itself reads them. */
export interface TrackedBody {
  location?: string;
  tags?: Record<string, string>;
  zones?: string[];
  sku?: ArmResource['sku'];
  plan?: Record<string, unknown>;
  identity?: ArmResource['identity'];
  properties?: Record<string, unknown>;
}

/** What a simple provider has to say about its type; everything else is the same for all of them. */
export interface TrackedType {
  namespace: string;
  type: string;
  apiVersions: readonly string[];
  shape: string;
  style: OperationStyle;
  /** Child types (subnets) have no location of their own. */
  isChild?: boolean;
  /** PUT of a new one answers this at once (most types 201, disks 202). */
  createdStatus?: number;
  bucket?: string;
  /** Validates the wanted properties and completes them as Azure does; throws ArmError. */
  complete?: (call: ArmCall, resource: ArmResource, existing: ArmResource | undefined) => void;
  /** Runs once the resource is in the store. */
  onSaved?: (call: ArmCall, resource: ArmResource) => void;
  /** Throws when others still use it. */
  checkDeletable?: (call: ArmCall, resource: ArmResource) => void;
  onDeleted?: (call: ArmCall, resource: ArmResource) => void;
}

export function normalizeLocation(location: string): string {
  return location.replace(/ /g, '').toLowerCase();
}

export function typeOf(call: ArmCall): string {
  const types = call.id.segments.filter((_, index) => index % 2 === 0);
  return [call.id.namespace, ...types].join('/');
}

export function find<R extends ArmResource<unknown, unknown>>(call: ArmCall): R {
  const found = call.azure.store.find<R>(formatResourceId(call.id));
  if (!found) throw resourceNotFound(describeResource(call.id), call.id.resourceGroup);
  return found;
}

/** Location rules of Resource Manager; answers the normalized location. */
export function checkLocation(
  call: ArmCall,
  type: string,
  existing: ArmResource<unknown, unknown> | undefined,
): string {
  const { location } = call.body as TrackedBody;
  if (!location)
    throw badRequest('LocationRequired', 'The location property is required for this definition.');
  const wanted = normalizeLocation(location);
  const { locations } = call.azure;
  if (!locations.includes(wanted)) {
    throw badRequest(
      'LocationNotAvailableForResourceType',
      `The provided location '${location}' is not available for resource type '${type}'. List of available regions for the resource type is '${locations.join(',')}'.`,
    );
  }
  if (existing?.location && existing.location !== wanted) {
    throw conflict(
      'InvalidResourceLocation',
      `The resource '${existing.name}' already exists in location '${existing.location}' in resource group '${call.id.resourceGroup}'. A resource with the same name cannot be created in location '${wanted}'. Please select a new resource name.`,
    );
  }
  return wanted;
}

function createOrUpdate(kind: TrackedType, call: ArmCall): ArmReply {
  const id = formatResourceId(call.id);
  const body = call.body as TrackedBody;
  const existing = call.azure.store.find<ArmResource>(id);
  const type = `${kind.namespace}/${kind.type}`;
  const location = kind.isChild ? undefined : checkLocation(call, type, existing);
  const resource: ArmResource = {
    name: existing?.name ?? lastName(id),
    id: existing?.id ?? id,
    type,
    ...(location === undefined ? {} : { location, tags: body.tags ?? {} }),
    ...(body.zones ? { zones: body.zones } : {}),
    ...(body.sku ? { sku: body.sku } : {}),
    ...(body.identity ? { identity: body.identity } : {}),
    properties: {
      ...structuredClone(body.properties ?? {}),
      provisioningState: existing ? 'Updating' : 'Creating',
    },
    state: existing?.state ?? {},
  };
  if (kind.style === 'network')
    resource.properties['resourceGuid'] ??= existing?.properties['resourceGuid'] ?? randomUUID();
  kind.complete?.(call, resource, existing);
  if (kind.style === 'network') stampEtag(resource);
  return save(kind, { call, resource, existing });
}

/** Network resources carry a weak etag that changes with every write. */
export function stampEtag(resource: ArmResource<unknown, unknown>): void {
  resource.etag = `W/"${randomUUID()}"`;
}

function save(
  kind: TrackedType,
  change: { call: ArmCall; resource: ArmResource; existing: ArmResource | undefined },
): ArmReply {
  const { call, resource, existing } = change;
  if (kind.style === 'network') resource.properties['provisioningState'] = 'Updating';
  call.azure.store.put(resource);
  kind.onSaved?.(call, resource);
  const operation = call.azure.operations.start({
    style: kind.style,
    location: resource.location ?? call.azure.locations[0] ?? '',
    name: call.operationName,
    asyncError: call.asyncError,
    work: async () => {
      resource.properties['provisioningState'] = 'Succeeded';
    },
    onFailure: () => {
      resource.properties['provisioningState'] = 'Failed';
    },
  });
  const status = existing ? 200 : (kind.createdStatus ?? 201);
  return startedReply(call, operation, { status, body: structuredClone(present(resource)) });
}

function remove(kind: TrackedType, call: ArmCall): ArmReply {
  const resource = call.azure.store.find<ArmResource>(formatResourceId(call.id));
  if (!resource) return { status: 204 };
  kind.checkDeletable?.(call, resource);
  resource.properties['provisioningState'] = 'Deleting';
  const operation = call.azure.operations.start({
    style: kind.style,
    location: resource.location ?? call.azure.locations[0] ?? '',
    name: call.operationName,
    asyncError: call.asyncError,
    work: async () => {
      call.azure.store.delete(resource.id);
      kind.onDeleted?.(call, resource);
    },
    onFailure: () => {
      resource.properties['provisioningState'] = 'Failed';
    },
  });
  return startedReply(call, operation, { status: 202 });
}

function patchTags(call: ArmCall): ArmReply {
  const resource = find<ArmResource>(call);
  const body = call.body as TrackedBody;
  if (Object.keys(body).some((key) => key !== 'tags'))
    throw badRequest('BadRequest', 'This simulator patches only the tags of this resource type.');
  resource.tags = body.tags ?? {};
  return ok(resource);
}

/** A provider for a type without behaviour of its own: PUT, GET, PATCH of tags, DELETE and the lists. */
export function trackedResource(kind: TrackedType): ResourceProvider {
  const list = (call: ArmCall): ArmReply =>
    page(call, call.azure.store.list(`${kind.namespace}/${kind.type}`, scopeOf(call)).map(present));
  const shared = kind.bucket === undefined ? {} : { bucket: kind.bucket };
  const on = (
    name: string,
    method: Method,
    more: Pick<ProviderOperation, 'on' | 'shape' | 'handle'>,
  ): ProviderOperation => ({ name, method, ...shared, ...more });
  const operations = [
    on('createOrUpdate', 'PUT', {
      on: 'resource',
      shape: kind.shape,
      handle: (call) => createOrUpdate(kind, call),
    }),
    on('get', 'GET', { on: 'resource', handle: (call) => ok(find(call)) }),
    on('updateTags', 'PATCH', { on: 'resource', shape: kind.shape, handle: patchTags }),
    on('delete', 'DELETE', { on: 'resource', handle: (call) => remove(kind, call) }),
    on('list', 'GET', { on: 'collection', handle: list }),
    ...(kind.isChild ? [] : [on('listAll', 'GET', { on: 'subscription', handle: list })]),
  ];
  return { namespace: kind.namespace, type: kind.type, apiVersions: kind.apiVersions, operations };
}

/** The path that all members of the called collection lie under. */
export function scopeOf(call: ArmCall): string {
  const { subscriptionId, resourceGroup, namespace, segments } = call.id;
  const parent = segments.slice(0, -1);
  return formatResourceId({
    subscriptionId,
    resourceGroup,
    namespace: parent.length > 0 ? namespace : '',
    segments: parent,
  });
}

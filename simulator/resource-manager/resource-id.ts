/** An ARM path taken apart. Names keep the case they were written in; ARM compares them without case. */
export interface ResourceId {
  subscriptionId: string;
  /** '' for what lies directly under the subscription. */
  resourceGroup: string;
  /** '' for the resource group or subscription itself. */
  namespace: string;
  /** type, name, type, name ... below the provider; an odd length is a collection or an action. */
  segments: string[];
}

const PATH =
  /^\/subscriptions\/([^/]+)(?:\/resourcegroups\/([^/]+))?(?:\/providers\/([^/]+)((?:\/[^/]+)*))?$/i;

export function parseResourceId(text: string): ResourceId | undefined {
  const match = PATH.exec(text.replace(/\/+$/, ''));
  if (!match) return undefined;
  const [, subscriptionId = '', resourceGroup = '', namespace = '', rest = ''] = match;
  return { subscriptionId, resourceGroup, namespace, segments: rest.split('/').filter(Boolean) };
}

export function formatResourceId(id: ResourceId): string {
  const group = id.resourceGroup ? `/resourceGroups/${id.resourceGroup}` : '';
  const provider = id.namespace ? `/providers/${[id.namespace, ...id.segments].join('/')}` : '';
  return `/subscriptions/${id.subscriptionId}${group}${provider}`;
}

export function sameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The id of the resource that holds this one: `.../virtualNetworks/v` for `.../virtualNetworks/v/subnets/s`. */
export function parentId(id: string): string {
  return id.split('/').slice(0, -2).join('/');
}

export function lastName(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

/** 'Microsoft.Compute/virtualMachines/vm1': how error messages name a resource. */
export function describeResource(id: ResourceId): string {
  return [id.namespace, ...id.segments].join('/');
}

export function resourceGroupOf(id: string): string {
  return parseResourceId(id)?.resourceGroup ?? '';
}

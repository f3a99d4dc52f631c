import { nameKey, type JobPriority, type Owner } from '../contracts';
import type { Place } from './rows';

/** Names in Azure derive from ours (Cloud Adoption Framework prefixes), so that a repeated creation is the same PUT. */
export function scaleSetAzureName(name: string): string {
  return `vmss-${nameKey(name)}`;
}

export function virtualMachineAzureName(name: string): string {
  return `vm-${nameKey(name)}`;
}

export function networkInterfaceAzureName(name: string): string {
  return `nic-${nameKey(name)}`;
}

/** Linux host names take letters, digits and hyphens; Azure adds six characters to a scale set's prefix. */
export function computerName(name: string): string {
  const plain = nameKey(name)
    .replace(/[^a-z0-9-]/g, '-')
    .slice(0, 50);
  return plain.replace(/-+$/, '') || 'vm';
}

/** Ties every resource to what it was made for; the sweep and the orchestrators go by it. */
export const ownerTag = 'muster-owner';

export function scaleSetResourceId(place: Place, name: string): string {
  return `${provider(place, 'Microsoft.Compute')}/virtualMachineScaleSets/${scaleSetAzureName(name)}`;
}

export function virtualMachineResourceId(place: Place, name: string): string {
  return `${provider(place, 'Microsoft.Compute')}/virtualMachines/${virtualMachineAzureName(name)}`;
}

export function networkInterfaceResourceId(place: Place, name: string): string {
  return `${provider(place, 'Microsoft.Network')}/networkInterfaces/${networkInterfaceAzureName(name)}`;
}

function provider(place: Place, namespace: string): string {
  return `/subscriptions/${place.subscriptionId}/resourceGroups/${place.resourceGroup}/providers/${namespace}`;
}

const queueSuffixes: Record<JobPriority, string> = { high: '-h', normal: '', low: '-l' };

/** A queue name takes 3-63 lower-case letters, digits and single hyphens; an owner's name may hold other characters. */
export function workQueueName(owner: Owner, priority: JobPriority = 'normal'): string {
  const readable = nameKey(owner.name)
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40);
  const kind = owner.kind === 'scale-set' ? 's' : 'v';
  return `work-${kind}-${owner.incarnation}${readable ? `-${readable.replace(/-$/, '')}` : ''}${queueSuffixes[priority]}`;
}

/** Blobs of an owner's VMs: a container takes the same names as a queue. It outlives the owner: what is in it stays readable. */
export function ownerContainerName(owner: Owner): string {
  return workQueueName(owner);
}

import type { Azure } from '../../azure';
import { stableGuid } from '../../identity/token-authority';
import type { ArmResource, ResourceIdentity } from '../../resource-manager/store';

/** Fills in what Entra assigns: a principal for the resource itself, and those of the identities it names. */
export function assignIdentity(azure: Azure, resourceId: string, wanted: ResourceIdentity): ResourceIdentity {
  const isSystem = /SystemAssigned/i.test(wanted.type);
  const assigned = Object.keys(wanted.userAssignedIdentities ?? {}).map(
    (id) => [id, userAssigned(id)] as const,
  );
  return {
    type: wanted.type,
    ...(isSystem ? { principalId: stableGuid(`principal of ${resourceId}`), tenantId: azure.tenantId } : {}),
    ...(assigned.length > 0 ? { userAssignedIdentities: Object.fromEntries(assigned) } : {}),
  };
}

export function userAssigned(id: string): { principalId: string; clientId: string } {
  return { principalId: stableGuid(`principal of ${id}`), clientId: stableGuid(`client of ${id}`) };
}

/** The identity that a token request inside a VM means, or undefined when the VM has no such identity. */
export function pickIdentity(
  vm: ArmResource<unknown, unknown>,
  wanted: { clientId?: string | undefined; objectId?: string | undefined },
): { principalId: string; clientId?: string } | undefined {
  const users = Object.values(vm.identity?.userAssignedIdentities ?? {}).filter((one) => one !== null);
  const all = [...(vm.identity?.principalId ? [{ principalId: vm.identity.principalId }] : []), ...users];
  const known = all.filter(
    (one): one is { principalId: string; clientId?: string } => one.principalId !== undefined,
  );
  if (wanted.clientId !== undefined) return known.find((one) => one.clientId === wanted.clientId);
  if (wanted.objectId !== undefined) return known.find((one) => one.principalId === wanted.objectId);
  return known[0];
}

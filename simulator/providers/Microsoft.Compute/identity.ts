import type { Azure } from '../../azure';
import { stableGuid } from '../../identity/token-authority';
import { sameId } from '../../resource-manager/resource-id';
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

export interface IdentitySelector {
  clientId?: string | undefined;
  objectId?: string | undefined;
  msiResourceId?: string | undefined;
}

/** The identity that a token request inside a VM means; throws IMDS's words when the VM has no such identity, or too many. */
export function pickIdentity(
  vm: ArmResource<unknown, unknown> | undefined,
  wanted: IdentitySelector,
): { principalId: string; clientId?: string } {
  const assigned = Object.entries(vm?.identity?.userAssignedIdentities ?? {});
  const users = assigned.map(([id, one]) => ({
    id,
    principalId: one?.principalId ?? '',
    clientId: one?.clientId ?? '',
  }));
  const system = vm?.identity?.principalId;
  const { clientId, objectId, msiResourceId } = wanted;
  const isWanted = (one: (typeof users)[number]): boolean => {
    if (clientId !== undefined) return sameId(one.clientId, clientId);
    if (objectId !== undefined) return sameId(one.principalId, objectId);
    return msiResourceId === undefined || sameId(one.id, msiResourceId);
  };
  const hasSelector = clientId !== undefined || objectId !== undefined || msiResourceId !== undefined;
  if (system !== undefined && (!hasSelector || objectId === system)) return { principalId: system };
  const found = users.filter(isWanted);
  if (found.length > 1)
    throw new Error(
      'Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request',
    );
  const [one] = found;
  if (!one) throw new Error('Identity not found');
  return { principalId: one.principalId, clientId: one.clientId };
}

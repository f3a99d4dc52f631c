import type { TokenIssuer } from '../machines/contract';
import { pickIdentity, type IdentitySelector } from '../providers/Microsoft.Compute/identity';
import type { ArmResource, ResourceStore } from '../resource-manager/store';
import type { TokenAuthority } from './token-authority';

/** Tokens for what runs inside a VM: only for identities that ARM has given to that VM. */
export class VmTokenIssuer implements TokenIssuer {
  constructor(
    private readonly store: ResourceStore,
    private readonly tokens: TokenAuthority,
  ) {}

  issue(request: Parameters<TokenIssuer['issue']>[0] & IdentitySelector): {
    accessToken: string;
    expiresOn: number;
  } {
    const { vmResourceId, resource } = request;
    const vm =
      vmResourceId === undefined ? undefined : this.store.find<ArmResource<unknown, unknown>>(vmResourceId);
    return this.tokens.issue({
      resource,
      ...(vmResourceId === undefined ? {} : { vmResourceId }),
      ...pickIdentity(vm, request),
    });
  }
}

import type { TokenIssuer } from '../machines/contract';
import { pickIdentity } from '../providers/Microsoft.Compute/identity';
import type { ArmResource, ResourceStore } from '../resource-manager/store';
import type { TokenAuthority } from './token-authority';

/** Tokens for what runs inside a VM: only for identities that ARM has given to that VM. */
export class VmTokenIssuer implements TokenIssuer {
  constructor(
    private readonly store: ResourceStore,
    private readonly tokens: TokenAuthority,
  ) {}

  issue(request: Parameters<TokenIssuer['issue']>[0]): { accessToken: string; expiresOn: number } {
    const vm =
      request.vmResourceId === undefined
        ? undefined
        : this.store.find<ArmResource<unknown, unknown>>(request.vmResourceId);
    const identity = vm === undefined ? undefined : pickIdentity(vm, request);
    if (!identity) throw new Error('Identity not found');
    return this.tokens.issue({
      ...request,
      principalId: identity.principalId,
      ...(identity.clientId === undefined ? {} : { clientId: identity.clientId }),
    });
  }
}

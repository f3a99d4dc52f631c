import type { MachineSpec, SimulatorClock, TokenIssuer } from '../contract';
import { ImdsError, invalidTokenRequest } from './errors';

export interface TokenSource {
  spec: MachineSpec;
  tokenIssuer: TokenIssuer;
  clock: SimulatorClock;
}

/** The answer to GET /metadata/identity/oauth2/token: OAuth's names, every number a string. */
export function identityToken(query: URLSearchParams, { spec, tokenIssuer, clock }: TokenSource): unknown {
  const resource = query.get('resource') ?? '';
  if (resource === '') throw invalidTokenRequest("Required query variable 'resource' is missing");
  const selectors = ['client_id', 'object_id', 'msi_res_id', 'mi_res_id'].filter((name) => query.has(name));
  if (selectors.length > 1)
    throw invalidTokenRequest('Only one of client_id, object_id and msi_res_id may be given');
  const clientId = query.get('client_id') ?? undefined;
  const objectId = query.get('object_id') ?? undefined;
  const msiResourceId = query.get('msi_res_id') ?? query.get('mi_res_id') ?? undefined;
  try {
    const token = tokenIssuer.issue({
      resource,
      ...(clientId !== undefined && { clientId }),
      ...(objectId !== undefined && { objectId }),
      ...(msiResourceId !== undefined && { msiResourceId }),
      principalId: objectId ?? spec.vmId,
      vmResourceId: spec.resourceId,
    });
    const now = Math.floor(clock.now() / 1000);
    return {
      access_token: token.accessToken,
      client_id: clientId ?? '',
      expires_in: String(Math.max(0, Math.floor(token.expiresOn) - now)),
      expires_on: String(Math.floor(token.expiresOn)),
      ext_expires_in: String(Math.max(0, Math.floor(token.expiresOn) - now)),
      not_before: String(now - 300),
      refresh_token: '',
      resource,
      token_type: 'Bearer',
    };
  } catch (error) {
    if (error instanceof ImdsError) throw error;
    // The issuer refuses identities that the VM does not have.
    throw invalidTokenRequest((error as Error).message || 'Identity not found');
  }
}

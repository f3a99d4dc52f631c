import type { SideEndpoint, SideReply, SideRequest } from '../resource-manager/side-endpoint';
import type { IdentitySecrets } from './kept-secrets';
import { stableGuid, type TokenAuthority } from './token-authority';

const MSI_PATH = '/msi/token';
const APP_SERVICE_VERSION = '2019-08-01';

function refuse(status: number, message: string): SideReply {
  return { status, body: { statusCode: status, message, correlationId: stableGuid(message) } };
}

/** Azure App Service's endpoint for the app's own managed identity (IDENTITY_ENDPOINT, IDENTITY_HEADER). */
function appServiceToken(tokens: TokenAuthority, identity: IdentitySecrets, request: SideRequest): SideReply {
  const query = request.url.searchParams;
  if (request.headers['x-identity-header'] !== identity.header)
    return refuse(403, 'The X-IDENTITY-HEADER is missing or wrong.');
  if (query.get('api-version') !== APP_SERVICE_VERSION)
    return refuse(
      400,
      `The api-version '${query.get('api-version') ?? ''}' is not supported; use ${APP_SERVICE_VERSION}.`,
    );
  const resource = query.get('resource');
  if (!resource) return refuse(400, "The query parameter 'resource' is required.");
  const clientId = query.get('client_id') ?? query.get('mi_res_id') ?? undefined;
  const principalId = stableGuid(`principal of app ${clientId ?? 'system'}`);
  const issued = tokens.issue({ resource, principalId, ...(clientId === undefined ? {} : { clientId }) });
  return {
    status: 200,
    body: {
      access_token: issued.accessToken,
      expires_on: String(issued.expiresOn),
      resource,
      token_type: 'Bearer',
      client_id: clientId ?? stableGuid(`client of ${principalId}`).toUpperCase(),
    },
  };
}

/** The app's token endpoint, and the documents with which anyone can verify a token. */
export function identityEndpoints(tokens: TokenAuthority, identity: IdentitySecrets): SideEndpoint {
  const configurations = [
    `/${tokens.tenantId}/v2.0/.well-known/openid-configuration`,
    `/${tokens.tenantId}/.well-known/openid-configuration`,
  ];
  const keys = [`/${tokens.tenantId}/discovery/v2.0/keys`, '/discovery/v2.0/keys'];
  return (request) => {
    const { pathname } = request.url;
    if (pathname.replace(/\/+$/, '') === MSI_PATH) return appServiceToken(tokens, identity, request);
    if (configurations.includes(pathname))
      return { status: 200, body: tokens.configuration(request.baseUrl) };
    if (keys.includes(pathname)) return { status: 200, body: tokens.keys() };
    return undefined;
  };
}

import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import type { Config } from '../config';

/**
 * The app's identity. A function app (and the embedded host) names its token endpoint in IDENTITY_ENDPOINT, Azure's own
 * variable, which the SDK reads as well: there the managed identity alone is meant, whatever else a developer's shell holds.
 * Elsewhere (Core Tools on a laptop) the default chain finds the Azure CLI's sign-in.
 */
export function createCredential(config: Pick<Config, 'AZURE_CLIENT_ID'>): TokenCredential {
  const clientId = config.AZURE_CLIENT_ID;
  if (process.env.IDENTITY_ENDPOINT) {
    return clientId ? new ManagedIdentityCredential({ clientId }) : new ManagedIdentityCredential();
  }
  return new DefaultAzureCredential(clientId ? { managedIdentityClientId: clientId } : {});
}

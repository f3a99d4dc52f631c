import { connectArm, createCompute, createCredential, createNetwork } from '../../../shared/azure';
import type { CloudUnderTest } from '../../contract/compute.contract';
import type { RunningSimulator } from './simulator-process';

/** The ports on a simulator that has its usual resource group, network and image. */
export function simulatedCloud(simulator: RunningSimulator): CloudUnderTest {
  const { url, subscriptionId, identityEndpoint, identityHeader } = simulator;
  // As the embedded host does it for the app: tokens come from the identity endpoint, for real.
  Object.assign(process.env, { IDENTITY_ENDPOINT: identityEndpoint, IDENTITY_HEADER: identityHeader });
  const arm = connectArm({ endpoint: url, credential: createCredential({}) });
  const group = `/subscriptions/${subscriptionId}/resourceGroups/rg-muster`;
  return {
    compute: createCompute(arm),
    network: createNetwork(arm),
    place: { subscriptionId, resourceGroup: 'rg-muster' },
    location: 'westeurope',
    vmSize: 'Standard_D2s_v5',
    subnetId: `${group}/providers/Microsoft.Network/virtualNetworks/vnet-muster/subnets/default`,
    imageReference: { publisher: 'Canonical', offer: 'ubuntu-24_04-lts', sku: 'server', version: 'latest' },
  };
}

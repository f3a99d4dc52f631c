import type { MusterClient } from '../../client';

/** Templates and manifest for the simulated Azure, as a person would PUT them; the ids are the simulator's own furniture. */
const resourceGroup = 'rg-muster';
const location = 'westeurope';

const resource = (subscriptionId: string, type: string): string =>
  `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${type}`;
const subnetId = (subscriptionId: string): string =>
  resource(subscriptionId, 'Microsoft.Network/virtualNetworks/vnet-muster/subnets/default');
const imageId = (subscriptionId: string): string =>
  resource(subscriptionId, 'Microsoft.Compute/galleries/galmuster/images/linux');

function manifest(subscriptionId: string) {
  return { subscriptionId, resourceGroup, sshUser: 'muster' };
}

function scaleSetTemplate(subscriptionId: string) {
  return {
    value: {
      location,
      sku: { name: 'Standard_D2s_v5' },
      properties: {
        virtualMachineProfile: {
          storageProfile: { imageReference: { id: imageId(subscriptionId) } },
          networkProfile: {
            networkInterfaceConfigurations: [
              {
                name: 'nic',
                properties: {
                  ipConfigurations: [
                    { name: 'ipconfig', properties: { subnet: { id: subnetId(subscriptionId) } } },
                  ],
                },
              },
            ],
          },
        },
      },
    },
  };
}

function virtualMachineTemplate(subscriptionId: string) {
  return {
    value: {
      location,
      properties: {
        hardwareProfile: { vmSize: 'Standard_D2s_v5' },
        storageProfile: { imageReference: { id: imageId(subscriptionId) } },
      },
    },
  };
}

function networkInterfaceTemplate(subscriptionId: string) {
  return {
    value: {
      location,
      properties: {
        enableAcceleratedNetworking: true,
        ipConfigurations: [{ name: 'ipconfig', properties: { subnet: { id: subnetId(subscriptionId) } } }],
      },
    },
  };
}

/** Puts the manifest, templates `cbox` of both kinds, and the interface template `default`. */
export async function putLocalTemplates(client: MusterClient, subscriptionId: string): Promise<void> {
  await client.putManifest(manifest(subscriptionId));
  await client.putTemplate('scale-set', 'cbox', scaleSetTemplate(subscriptionId));
  await client.putTemplate('virtual-machine', 'cbox', virtualMachineTemplate(subscriptionId));
  await client.putTemplate('network-interface', 'default', networkInterfaceTemplate(subscriptionId));
}

/** Settings of the app for one machine: the same code, with pauses of tenths of seconds. */
export const localSettings: Record<string, string> = {
  MUSTER_BUSY_LOOK_MS: '300',
  MUSTER_SETTLED_LOOK_MS: '5000',
  MUSTER_CAPACITY_WRITE_INTERVAL_MS: '1000',
  MUSTER_LEASE_RENEWAL_MS: '2000',
  MUSTER_WORKER_LOST_MS: '10000',
  MUSTER_OUTPUT_FLUSH_MS: '200',
  MUSTER_HOT_POLL_MS: '50',
  MUSTER_IDLE_POLL_MS: '200',
  MUSTER_LOOKS_PER_HOUR: '100000',
  MUSTER_ENROL_RETRY_MS: '250',
  MUSTER_ENROL_RETRY_MAX_MS: '1000',
  MUSTER_BOOT_REPORT_MS: '1000',
  MUSTER_REPLACE_SILENT_MS: '4000',
  MUSTER_WAIT_POLL_MS: '200',
  MUSTER_AGENT_RETRY_MS: '100',
  MUSTER_AGENT_RETRY_MAX_MS: '2000',
  MUSTER_RETRY_BASE_MS: '500',
  MUSTER_RESULT_SCAN_MS: '5000',
};

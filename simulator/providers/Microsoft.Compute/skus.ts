import { SKU_VERSIONS } from '../../resource-manager/api-versions';
import { badRequest } from '../../resource-manager/errors';
import type { Azure } from '../../azure';
import type { ArmCall, ArmReply, ResourceProvider } from '../../resource-manager/provider';
import { page } from '../../resource-manager/replies';
import { normalizeLocation } from '../../resource-manager/tracked-resource';
import { VIRTUAL_MACHINE_SKUS, type VirtualMachineSku } from './sku-table';

function capabilities(sku: VirtualMachineSku): { name: string; value: string }[] {
  const spoken = (value: boolean): string => (value ? 'True' : 'False');
  const values: Record<string, string> = {
    MaxResourceVolumeMB: String(sku.tempDiskMb),
    OSVhdSizeMB: '1047552',
    vCPUs: String(sku.vCpus),
    MemoryPreservingMaintenanceSupported: spoken(!/^standardHB|NC/i.test(sku.family)),
    HyperVGenerations: 'V1,V2',
    MemoryGB: String(sku.memoryGb),
    MaxDataDiskCount: String(sku.maxDataDisks),
    CpuArchitectureType: 'x64',
    LowPriorityCapable: spoken(sku.isSpotCapable),
    PremiumIO: 'True',
    VMDeploymentTypes: 'IaaS',
    vCPUsAvailable: String(sku.vCpus),
    vCPUsPerCore: String(sku.vCpusPerCore),
    EphemeralOSDiskSupported: spoken(sku.tempDiskMb >= 30 * 1024),
    EncryptionAtHostSupported: 'True',
    AcceleratedNetworkingEnabled: 'True',
    RdmaEnabled: spoken(sku.family.startsWith('standardHB')),
    MaxNetworkInterfaces: String(Math.min(8, Math.max(2, sku.vCpus))),
    ...(/NC/.test(sku.family) ? { GPUs: String(Math.max(1, Math.floor(sku.vCpus / 24))) } : {}),
  };
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

function describe(azure: Azure, sku: VirtualMachineSku, location: string): Record<string, unknown> {
  const restriction = {
    type: 'Location',
    values: [location],
    restrictionInfo: { locations: [location] },
    reasonCode: 'NotAvailableForSubscription',
  };
  return {
    resourceType: 'virtualMachines',
    name: sku.name,
    tier: 'Standard',
    size: sku.size,
    family: sku.family,
    locations: [location],
    locationInfo: [{ location, zones: sku.zones, zoneDetails: [] }],
    capabilities: capabilities(sku),
    restrictions: azure.allocation.isRestricted(location, sku.name) ? [restriction] : [],
  };
}

function list(call: ArmCall): ArmReply {
  const filter = call.query.get('$filter');
  const wanted = filter === undefined ? undefined : /^location eq '([^']+)'$/i.exec(filter)?.[1];
  if (filter !== undefined && wanted === undefined)
    throw badRequest(
      'InvalidParameter',
      `The $filter '${filter}' is not supported; only location eq '...' is.`,
      '$filter',
    );
  const locations =
    wanted === undefined
      ? call.azure.locations
      : call.azure.locations.filter((one) => one === normalizeLocation(wanted));
  return page(
    call,
    locations.flatMap((location) => VIRTUAL_MACHINE_SKUS.map((sku) => describe(call.azure, sku, location))),
  );
}

export const skus: ResourceProvider = {
  namespace: 'Microsoft.Compute',
  type: 'skus',
  apiVersions: SKU_VERSIONS,
  operations: [{ name: 'list', method: 'GET', on: 'subscription', handle: list }],
};

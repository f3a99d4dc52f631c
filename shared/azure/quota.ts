import type { ResourceSku } from '@azure/arm-compute';
import type { Quota, Region, SizeObservation, UsageObservation } from '../ports';
import type { Arm } from './arm';
import { toCloudFailure } from './cloud-failure';

const catalogueLifetimeMs = 3_600_000;

export function createQuota(arm: Arm, now: () => number = Date.now): Quota {
  const catalogues = new Map<string, { readAt: number; sizes: Promise<Map<string, SizeObservation>> }>();

  /** One list an hour and region, shared by all who ask meanwhile; a failed one is forgotten. */
  const catalogue = (region: Region): Promise<Map<string, SizeObservation>> => {
    const key = `${region.subscriptionId}/${region.location}`.toLowerCase();
    const known = catalogues.get(key);
    if (known && now() - known.readAt < catalogueLifetimeMs) return known.sizes;
    const sizes = readSizes(arm, region);
    catalogues.set(key, { readAt: now(), sizes });
    sizes.catch(() => catalogues.delete(key));
    return sizes;
  };

  return {
    listUsages: (region) => readUsages(arm, region),
    remainingCalls: (subscriptionId) => arm.remainingCalls(subscriptionId),
    findSize: async (region, name) => (await catalogue(region)).get(name.toLowerCase()),
  };
}

async function readUsages(arm: Arm, { subscriptionId, location }: Region): Promise<UsageObservation[]> {
  const usages: UsageObservation[] = [];
  try {
    for await (const usage of arm.compute(subscriptionId).usage.list(location, arm.callOptions())) {
      const name = usage.name?.value ?? '';
      const { currentValue = 0, limit = 0 } = usage;
      usages.push({
        name,
        localizedName: usage.name?.localizedValue ?? name,
        currentValue,
        limit: Number(limit),
      });
    }
  } catch (error) {
    throw toCloudFailure(error);
  }
  return usages;
}

async function readSizes(
  arm: Arm,
  { subscriptionId, location }: Region,
): Promise<Map<string, SizeObservation>> {
  const sizes = new Map<string, SizeObservation>();
  const filter = `location eq '${location}'`;
  try {
    for await (const sku of arm.compute(subscriptionId).resourceSkus.list({ filter, ...arm.callOptions() })) {
      const size = sku.resourceType === 'virtualMachines' ? toSize(sku) : undefined;
      if (size) sizes.set(size.name.toLowerCase(), size);
    }
  } catch (error) {
    throw toCloudFailure(error);
  }
  return sizes;
}

function toSize(sku: ResourceSku): SizeObservation | undefined {
  const capability = (name: string): string | undefined =>
    sku.capabilities?.find((one) => one.name === name)?.value;
  const vCpus = Number(capability('vCPUs'));
  if (!sku.name || !sku.family || !Number.isInteger(vCpus)) return undefined;
  const restrictions = (sku.restrictions ?? []).flatMap((restriction) => {
    const reason = restriction.reasonCode ?? 'restricted';
    const zones = restriction.type === 'Zone' ? (restriction.restrictionInfo?.zones ?? []) : [null];
    return zones.map((zone) => ({ zone, reason }));
  });
  const zones = sku.locationInfo?.flatMap((info) => info.zones ?? []) ?? [];
  const isSpotCapable = capability('LowPriorityCapable') === 'True';
  const physicalCores = Math.ceil(vCpus / Number(capability('vCPUsPerCore') ?? 1));
  const { name, family } = sku;
  return { name, family, vCpus, physicalCores, zones: zones.sort(), isSpotCapable, restrictions };
}

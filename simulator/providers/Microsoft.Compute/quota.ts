import { conflict, type ArmError } from '../../resource-manager/errors';
import { findSku, VIRTUAL_MACHINE_SKUS } from './sku-table';

const DEFAULT_LIMITS: Record<string, number> = {
  cores: 1000,
  virtualMachines: 25_000,
  virtualMachineScaleSets: 2_500,
  lowPriorityCores: 1000,
  availabilitySets: 2_500,
};
const DEFAULT_FAMILY_LIMIT = 500;

const LOCALIZED: Record<string, string> = {
  cores: 'Total Regional vCPUs',
  virtualMachines: 'Virtual Machines',
  virtualMachineScaleSets: 'Virtual Machine Scale Sets',
  lowPriorityCores: 'Total Regional Low-priority vCPUs',
  availabilitySets: 'Availability Sets',
};

/** A VM as quota sees it. */
export interface QuotaConsumer {
  location: string;
  size: string;
  isSpot: boolean;
}

export interface QuotaUse {
  virtualMachines: QuotaConsumer[];
  scaleSets: number;
}

/** Limits by location and name; what is used is counted from the VMs that exist, so it cannot drift. */
export class QuotaBook {
  private readonly limits = new Map<string, number>();

  constructor(private readonly use: (location: string) => QuotaUse) {}

  setLimit(location: string, name: string, limit: number): void {
    this.limits.set(`${location}/${name}`.toLowerCase(), limit);
  }

  limit(location: string, name: string): number {
    return (
      this.limits.get(`${location}/${name}`.toLowerCase()) ?? DEFAULT_LIMITS[name] ?? DEFAULT_FAMILY_LIMIT
    );
  }

  /** Throws the 409 with which Azure refuses a request at once when it would not fit. */
  check(location: string, wanted: QuotaConsumer[]): void {
    const additional = coresByName(wanted);
    const used = coresByName(this.use(location).virtualMachines);
    // Families before the regional total: Azure names the narrower limit first.
    const names = [...additional.keys()].sort((a, b) => Number(a === 'cores') - Number(b === 'cores'));
    for (const name of names) {
      const more = additional.get(name) ?? 0;
      const current = used.get(name) ?? 0;
      const limit = this.limit(location, name);
      if (more > 0 && current + more > limit) throw quotaExceeded(name, { location, limit, current, more });
    }
  }

  usages(location: string): {
    limit: number;
    unit: 'Count';
    currentValue: number;
    name: { value: string; localizedValue: string };
  }[] {
    const { virtualMachines, scaleSets } = this.use(location);
    const used = coresByName(virtualMachines);
    used.set('virtualMachines', virtualMachines.length);
    used.set('virtualMachineScaleSets', scaleSets);
    const families = new Set(VIRTUAL_MACHINE_SKUS.map((sku) => sku.family));
    const names = [
      'availabilitySets',
      'cores',
      'virtualMachines',
      'virtualMachineScaleSets',
      'lowPriorityCores',
      ...families,
    ];
    return names.map((value) => {
      const localizedValue =
        LOCALIZED[value] ?? `${value.replace(/Family$/, '').replace(/^standard/, 'Standard ')} Family vCPUs`;
      return {
        limit: this.limit(location, value),
        unit: 'Count',
        currentValue: used.get(value) ?? 0,
        name: { value, localizedValue },
      };
    });
  }
}

/** A regular VM counts in its family and in `cores`; a Spot VM in lowPriorityCores only. */
function coresByName(consumers: QuotaConsumer[]): Map<string, number> {
  const cores = new Map<string, number>();
  for (const consumer of consumers) {
    const sku = findSku(consumer.size);
    if (!sku) continue;
    for (const name of consumer.isSpot ? ['lowPriorityCores'] : [sku.family, 'cores'])
      cores.set(name, (cores.get(name) ?? 0) + sku.vCpus);
  }
  return cores;
}

function quotaExceeded(
  name: string,
  numbers: { location: string; limit: number; current: number; more: number },
): ArmError {
  const spoken =
    name === 'cores'
      ? 'Total Regional Cores'
      : name === 'lowPriorityCores'
        ? 'LowPriorityCores'
        : `${name} Cores`;
  const page = name === 'cores' ? 'regional-quota-requests' : 'per-vm-quota-requests';
  const { location, limit, current, more } = numbers;
  const required = current + more;
  return conflict(
    'OperationNotAllowed',
    `Operation could not be completed as it results in exceeding approved ${spoken} quota. Additional details - Deployment Model: Resource Manager, Location: ${location}, ` +
      `Current Limit: ${limit}, Current Usage: ${current}, Additional Required: ${more}, (Minimum) New Limit Required: ${required}. ` +
      `Setup Alerts when Quota reaches threshold. Learn more at https://aka.ms/quotamonitoringalerting . Submit a request for Quota increase at https://aka.ms/ProdportalCRP/ ` +
      `by specifying parameters listed in the ‘Details’ section for deployment to succeed. Please read more about quota limits at https://docs.microsoft.com/en-us/azure/azure-supportability/${page}`,
  );
}

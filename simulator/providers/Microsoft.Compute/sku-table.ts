/** What the simulator sells: enough families to test quota, zones, spot and sizes without hyper-threading. */
export interface VirtualMachineSku {
  name: string;
  family: string;
  size: string;
  vCpus: number;
  memoryGb: number;
  vCpusPerCore: number;
  zones: string[];
  isSpotCapable: boolean;
  maxDataDisks: number;
  /** Local temporary disk; 0 for sizes without one. */
  tempDiskMb: number;
}

interface Family {
  family: string;
  vCpusPerCore: number;
  memoryPerVcpuGb: number;
  zones: string[];
  isSpotCapable?: false;
  tempPerVcpuMb?: number;
  name: (vCpus: number) => string;
  vCpus: number[];
}

const ALL_ZONES = ['1', '2', '3'];

const FAMILIES: Family[] = [
  {
    family: 'standardBSFamily',
    vCpusPerCore: 2,
    memoryPerVcpuGb: 4,
    zones: ALL_ZONES,
    isSpotCapable: false,
    tempPerVcpuMb: 8192,
    name: (n) => `B${n}ms`,
    vCpus: [2, 4, 8],
  },
  {
    family: 'standardDSv3Family',
    vCpusPerCore: 2,
    memoryPerVcpuGb: 4,
    zones: ALL_ZONES,
    tempPerVcpuMb: 8192,
    name: (n) => `D${n}s_v3`,
    vCpus: [2, 4, 8, 16, 32, 64],
  },
  {
    family: 'standardDSv5Family',
    vCpusPerCore: 2,
    memoryPerVcpuGb: 4,
    zones: ALL_ZONES,
    name: (n) => `D${n}s_v5`,
    vCpus: [2, 4, 8, 16, 32, 48, 64, 96],
  },
  {
    family: 'standardDDSv5Family',
    vCpusPerCore: 2,
    memoryPerVcpuGb: 4,
    zones: ALL_ZONES,
    tempPerVcpuMb: 38400,
    name: (n) => `D${n}ds_v5`,
    vCpus: [2, 4, 8, 16, 32, 64, 96],
  },
  {
    family: 'standardDASv5Family',
    vCpusPerCore: 2,
    memoryPerVcpuGb: 4,
    zones: ALL_ZONES,
    name: (n) => `D${n}as_v5`,
    vCpus: [2, 4, 8, 16, 32, 64, 96],
  },
  {
    family: 'StandardDalsv6Family',
    vCpusPerCore: 2,
    memoryPerVcpuGb: 2,
    zones: ALL_ZONES,
    name: (n) => `D${n}als_v6`,
    vCpus: [2, 4, 8, 16, 32, 64, 96],
  },
  {
    family: 'standardESv5Family',
    vCpusPerCore: 2,
    memoryPerVcpuGb: 8,
    zones: ALL_ZONES,
    name: (n) => `E${n}s_v5`,
    vCpus: [2, 4, 8, 16, 32, 64, 96],
  },
  {
    family: 'standardEDSv5Family',
    vCpusPerCore: 2,
    memoryPerVcpuGb: 8,
    zones: ALL_ZONES,
    tempPerVcpuMb: 38400,
    name: (n) => `E${n}ds_v5`,
    vCpus: [2, 4, 8, 16, 32, 64, 96],
  },
  {
    family: 'standardFSv2Family',
    vCpusPerCore: 2,
    memoryPerVcpuGb: 2,
    zones: ALL_ZONES,
    tempPerVcpuMb: 8192,
    name: (n) => `F${n}s_v2`,
    vCpus: [2, 4, 8, 16, 32, 48, 64, 72],
  },
  {
    family: 'standardFasv6Family',
    vCpusPerCore: 1,
    memoryPerVcpuGb: 4,
    zones: ALL_ZONES,
    name: (n) => `F${n}as_v6`,
    vCpus: [2, 4, 8, 16, 32, 64],
  },
  {
    family: 'standardHBrsv3Family',
    vCpusPerCore: 1,
    memoryPerVcpuGb: 3.73,
    zones: [],
    tempPerVcpuMb: 16384,
    name: (n) => `HB120-${n}rs_v3`.replace('-120', ''),
    vCpus: [16, 32, 64, 96, 120],
  },
  {
    family: 'standardHBv4Family',
    vCpusPerCore: 1,
    memoryPerVcpuGb: 4,
    zones: [],
    tempPerVcpuMb: 16384,
    name: (n) => `HB176-${n}rs_v4`.replace('-176', ''),
    vCpus: [24, 48, 96, 144, 176],
  },
  {
    family: 'StandardNCASv3_T4Family',
    vCpusPerCore: 2,
    memoryPerVcpuGb: 7,
    zones: ['1'],
    tempPerVcpuMb: 45056,
    name: (n) => `NC${n}as_T4_v3`,
    vCpus: [4, 8, 16, 64],
  },
  {
    family: 'StandardNCADSA100v4Family',
    vCpusPerCore: 1,
    memoryPerVcpuGb: 9.17,
    zones: ['2'],
    tempPerVcpuMb: 2730,
    name: (n) => `NC${n}ads_A100_v4`,
    vCpus: [24, 48, 96],
  },
];

function expand(one: Family): VirtualMachineSku[] {
  return one.vCpus.map((vCpus) => ({
    name: `Standard_${one.name(vCpus)}`,
    family: one.family,
    size: one.name(vCpus),
    vCpus,
    memoryGb: Math.round(vCpus * one.memoryPerVcpuGb),
    vCpusPerCore: one.vCpusPerCore,
    zones: one.zones,
    isSpotCapable: one.isSpotCapable ?? true,
    maxDataDisks: Math.min(32, vCpus * 2),
    tempDiskMb: vCpus * (one.tempPerVcpuMb ?? 0),
  }));
}

export const VIRTUAL_MACHINE_SKUS: readonly VirtualMachineSku[] = FAMILIES.flatMap(expand);

const BY_NAME = new Map(VIRTUAL_MACHINE_SKUS.map((sku) => [sku.name.toLowerCase(), sku]));

export function findSku(name: string | undefined): VirtualMachineSku | undefined {
  return BY_NAME.get((name ?? '').toLowerCase());
}

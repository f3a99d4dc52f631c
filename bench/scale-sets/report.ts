import type { Counts } from '../counts';

/** What happened between two moments. */
export interface Phase {
  name: PhaseName;
  wallSeconds: number;
  /** VMs that were switched on in it. */
  booted: number;
  arm: { writes: number; reads: number; refused: number; byOperation: Counts };
  /** Calls to the control plane, the bench's own among them. */
  http: { total: number; byCall: Counts };
  storage: {
    /** Without the looks at queues, which time brings and not the VMs' coming. */
    operations: number;
    workerLooks: number;
    hostLooks: number;
    byOperation: Counts;
  };
  durable: { events: number; bytes: number; activities: Counts };
  hostCpuSeconds: number;
  bootToEnrolledMs: { p50: number; p99: number } | undefined;
  /** From the last boot until the last VM has enrolled. */
  lastBootToAllEnrolledMs: number | undefined;
}

export type PhaseName = 'create and join' | 'idle' | 'grow by half' | 'delete';

export interface SizeResult {
  size: number;
  phases: Phase[];
  hostPeakMiB: number;
}

export interface Report {
  at: string;
  isQuick: boolean;
  machine: Record<string, string | number>;
  settings: Record<string, string | number>;
  sizes: SizeResult[];
  notHeld: string[];
}

export function phaseOf({ phases, size }: SizeResult, name: PhaseName): Phase {
  const found = phases.find((phase) => phase.name === name);
  if (!found) throw new Error(`${size} VMs have no phase '${name}'.`);
  return found;
}

import type { Condition, ResourceState } from '../../../shared/contracts';
import {
  digest,
  newScaleSetStatus,
  type InstanceRow,
  type JobPolicy,
  type JobSettings,
  type JobSnapshot,
  type JobStatus,
  type LookSettings,
  type ObservedAgent,
  type ScaleSetSnapshot,
  type ScaleSetStatus,
  type TargetState,
  type TaskProgress,
  type VirtualMachineSnapshot,
  type VirtualMachineStatus,
} from '../../../shared/domain';

export const now = new Date('2026-03-01T12:00:00.000Z');
export const seconds = (count: number): string => new Date(now.getTime() + count * 1000).toISOString();

export const settings: LookSettings = {
  busyLookMs: 5_000,
  settledLookMs: 60_000,
  capacityWriteIntervalMs: 15_000,
  retryBaseMs: 2_000,
  retryMaxMs: 256_000,
  joinLimitMs: 720_000,
  replaceSilentMs: 120_000,
  quotaWaitMs: 3_600_000,
};
export const jobSettings: JobSettings = { busyLookMs: 5_000, resultScanMs: 60_000, cancelLookMs: 3_000 };

export const condition = (code: string, since = seconds(-30)): Condition => ({ code, message: code, since });
export const failedOperation = { state: 'failed', code: 'AllocationFailed', message: 'No room.' } as const;
export const runningOperation = { state: 'running', retryAfterMs: null } as const;
export const unreachable = {
  code: 'TransportError',
  message: 'No answer came.',
  isRetryable: true,
  retryAfterMs: null,
};

export const setStatus = (changes: Partial<ScaleSetStatus> = {}): ScaleSetStatus => ({
  ...newScaleSetStatus({ resourceId: '/set', capacity: 0 }),
  lookAt: seconds(0),
  watchedSince: seconds(-3600),
  ...changes,
});

export const instance = (id: number, changes: Partial<InstanceRow> = {}): InstanceRow => ({
  instanceId: String(id),
  vmId: `vm-${id}`,
  name: `set_${id}`,
  resourceId: `/set/virtualMachines/${id}`,
  provisioningState: 'Succeeded',
  createdAt: seconds(-100 + id),
  priority: 'Regular',
  zone: '',
  index: id,
  firstListedAt: seconds(-99 + id),
  stateSince: seconds(-90 + id),
  ...changes,
});

export const agent = (id: number, changes: Partial<ObservedAgent> = {}): ObservedAgent => ({
  agentId: `vm-${id}`,
  name: `set_${id}`,
  state: 'enrolled',
  lastSeenAt: seconds(-1),
  leaseExpiresAt: seconds(59),
  enrolledAt: seconds(-80),
  runningTasks: 0,
  stage: null,
  preparation: null,
  goesAt: null,
  ...changes,
});
/** It called, and no list has shown its VM; or, not yet looked at again. */
export const pending = (id: number, changes: Partial<ObservedAgent> = {}): ObservedAgent =>
  agent(id, { state: 'pending', enrolledAt: null, leaseExpiresAt: null, ...changes });
/** Its lease lapsed so many seconds ago. */
export const silent = (id: number, lapsed: number): ObservedAgent =>
  agent(id, { state: 'lost', lastSeenAt: seconds(-lapsed - 60), leaseExpiresAt: seconds(-lapsed) });

export const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
export const instances = (count: number): InstanceRow[] => numbers(count).map((id) => instance(id));
export const agents = (count: number): ObservedAgent[] => numbers(count).map((id) => agent(id));

export interface SetChanges extends Partial<Omit<ScaleSetSnapshot, 'status' | 'desired'>> {
  status?: Partial<ScaleSetStatus>;
  desired?: Partial<NonNullable<ScaleSetSnapshot['desired']>> | null;
  instances?: InstanceRow[];
  agents?: ObservedAgent[];
  removals?: { vmId: string; isForced: boolean }[];
}

/** A scale set of `size` VMs, all as wanted and listed just now; what is seen of them is what the digest makes of it. */
export function scaleSet(size: number, changes: SetChanges = {}): ScaleSetSnapshot {
  const {
    status,
    desired,
    instances: vms = instances(size),
    agents: callers = agents(size),
    ...given
  } = changes;
  const { removals = [], ...rest } = given;
  const full = setStatus({ state: 'ready', ...status });
  const wish = desired === null ? null : { ...wanting(size), ...desired };
  const listing = rest.listing ?? { listedAt: now.toISOString(), pages: 1, tokens: 20 };
  const seen = digest(
    { instances: vms, agents: callers, now, settings },
    {
      desired: wish?.capacity ?? 0,
      removals,
      listedAt: listing.listedAt,
      watchedSince: full.watchedSince,
    },
  );
  return {
    desired: wish,
    azure: inAzure(size),
    listing,
    ...seen,
    quota: null,
    operation: null,
    failure: null,
    ...rest,
    status: full,
  };
}

export const inAzure = (
  capacity: number,
  changes: Partial<NonNullable<ScaleSetSnapshot['azure']>> = {},
): NonNullable<ScaleSetSnapshot['azure']> => ({
  provisioningState: 'Succeeded',
  capacity,
  isOurs: true,
  zones: [],
  ...changes,
});

export const wanting = (capacity: number): NonNullable<ScaleSetSnapshot['desired']> => ({
  wanted: 'present',
  capacity,
  generation: 1,
  deleteWhenEmptyMs: null,
  placements: [{ zones: [], size: 'Standard_D2s_v5' }],
  spot: null,
});
export const unwanted = { ...wanting(2), wanted: 'absent' as const };

export const machineStatus = (changes: Partial<VirtualMachineStatus> = {}): VirtualMachineStatus => ({
  state: 'creating' as ResourceState,
  condition: null,
  resourceId: '/vm',
  operation: null,
  failures: 0,
  retryAt: null,
  privateIpAddress: null,
  isRollingBack: false,
  failure: null,
  bootSince: null,
  ...changes,
});

export const nic = { provisioningState: 'Succeeded', isOurs: true, privateIpAddress: '10.0.0.4' };
export const vm = { provisioningState: 'Succeeded', isOurs: true, vmId: 'vm-1' };

export const enrolledAgent = {
  agentId: 'vm-1',
  state: 'enrolled' as const,
  preparation: null,
  lastSeenAt: seconds(-5),
  stage: null,
};

/** A detached VM that is there with its interface, its agent enrolled. */
export function machine(
  changes: Partial<Omit<VirtualMachineSnapshot, 'status'>> & { status?: Partial<VirtualMachineStatus> } = {},
): VirtualMachineSnapshot {
  const { status, ...rest } = changes;
  return {
    desired: { wanted: 'present' },
    networkInterface: nic,
    virtualMachine: vm,
    leftoverDiskIds: [],
    agent: enrolledAgent,
    operation: null,
    failure: null,
    ...rest,
    status: machineStatus(status),
  };
}

export const jobPolicy: JobPolicy = {
  retry: null,
  maxRunning: null,
  timeoutMs: null,
  priority: 'normal',
  dependsOn: [],
};

export const jobStatus = (changes: Partial<JobStatus> = {}): JobStatus => ({
  state: 'starting',
  tasks: { total: 4, succeeded: 0, failed: 0 },
  enqueuedTo: 0,
  closed: {},
  startedAt: null,
  endedAt: null,
  condition: null,
  scannedAt: null,
  progressAt: null,
  hasMadeTarget: false,
  cancel: null,
  ...changes,
});

/** A target with one VM of two workers, heard just now. */
export const jobTarget: TargetState = {
  isPresent: true,
  failure: null,
  workersEnrolled: 2,
  workersDesired: 2,
  running: 0,
  isIdle: false,
  heardAt: now.toISOString(),
  message: '',
};

interface JobChanges {
  job?: Partial<JobSnapshot['job']>;
  status?: Partial<JobStatus>;
  progress?: Partial<TaskProgress>;
  target?: Partial<TargetState>;
  dependencies?: JobSnapshot['dependencies'];
}

/** A job of four tasks. */
export function job({ status, progress, target, dependencies = [], ...rest }: JobChanges = {}): JobSnapshot {
  const asked = { createdAt: seconds(-100), policy: jobPolicy, persist: false, hasOwnTarget: false };
  return {
    job: { ...asked, cancel: null, ...rest.job },
    status: jobStatus(status),
    progress: { succeeded: 0, failed: 0, closed: {}, retryable: [], ...progress },
    dependencies,
    target: { ...jobTarget, ...target },
  };
}

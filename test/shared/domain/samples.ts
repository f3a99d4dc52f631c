import type { Condition, ResourceState } from '../../../shared/contracts';
import type {
  JobSettings,
  JobSnapshot,
  JobStatus,
  LookSettings,
  ObservedAgent,
  ObservedInstance,
  ScaleSetSnapshot,
  ScaleSetStatus,
  VirtualMachineSnapshot,
  VirtualMachineStatus,
} from '../../../shared/domain';

export const now = new Date('2026-03-01T12:00:00.000Z');
export const seconds = (count: number): string => new Date(now.getTime() + count * 1000).toISOString();

export const settings: LookSettings = {
  busyLookMs: 5_000,
  settledLookMs: 60_000,
  capacityWriteIntervalMs: 15_000,
  retryBaseMs: 2_000,
  retryMaxMs: 256_000,
};
export const jobSettings: JobSettings = { busyLookMs: 5_000, resultScanMs: 60_000 };

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
  state: 'creating',
  condition: null,
  resourceId: '/set',
  operation: null,
  failures: 0,
  retryAt: null,
  capacity: { desired: 0, provisioned: 0, enrolled: 0 },
  capacityWrittenAt: null,
  ...changes,
});

export const instance = (id: number, changes: Partial<ObservedInstance> = {}): ObservedInstance => ({
  instanceId: String(id),
  vmId: `vm-${id}`,
  provisioningState: 'Succeeded',
  createdAt: seconds(-1000 + id),
  ...changes,
});

export const agent = (id: number, changes: Partial<ObservedAgent> = {}): ObservedAgent => ({
  agentId: `vm-${id}`,
  state: 'enrolled',
  lastSeenAt: seconds(-1),
  runningTasks: 0,
  ...changes,
});

export const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
export const instances = (count: number): ObservedInstance[] => numbers(count).map((id) => instance(id));
export const agents = (count: number): ObservedAgent[] => numbers(count).map((id) => agent(id));

/** A scale set of `size` VMs, all as wanted. */
export function scaleSet(
  size: number,
  changes: Partial<Omit<ScaleSetSnapshot, 'status'>> & { status?: Partial<ScaleSetStatus> } = {},
): ScaleSetSnapshot {
  const { status, ...rest } = changes;
  return {
    desired: { wanted: 'present', capacity: size, workersPerInstance: 1 },
    azure: { provisioningState: 'Succeeded', capacity: size, isOurs: true },
    instances: instances(size),
    agents: agents(size),
    operation: null,
    failure: null,
    ...rest,
    status: setStatus({ state: 'ready', ...status }),
  };
}

export const wanting = (capacity: number) => ({
  wanted: 'present' as const,
  capacity,
  workersPerInstance: 1,
});
export const unwanted = { wanted: 'absent' as const, capacity: 2, workersPerInstance: 1 };

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
  ...changes,
});

export const nic = { provisioningState: 'Succeeded', isOurs: true, privateIpAddress: '10.0.0.4' };
export const vm = { provisioningState: 'Succeeded', isOurs: true, vmId: 'vm-1' };

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
    agent: { agentId: 'vm-1', state: 'enrolled' },
    operation: null,
    failure: null,
    ...rest,
    status: machineStatus(status),
  };
}

export const jobStatus = (changes: Partial<JobStatus> = {}): JobStatus => ({
  state: 'starting',
  tasks: { total: 4, succeeded: 0, failed: 0 },
  enqueuedTo: 0,
  startedAt: null,
  endedAt: null,
  condition: null,
  scannedAt: null,
  ...changes,
});

export function job(
  changes: Partial<Omit<JobSnapshot, 'status'>> & { status?: Partial<JobStatus> } = {},
): JobSnapshot {
  const { status, ...rest } = changes;
  return {
    results: { succeeded: 0, failed: 0 },
    target: { isPresent: true, workersEnrolled: 1, message: '' },
    ...rest,
    status: jobStatus(status),
  };
}

import type { NetworkInterfaceBody, ScaleSetBody, VirtualMachineBody } from '../contracts';

/** An Azure resource by its place and name. */
export interface AzureResource {
  subscriptionId: string;
  resourceGroup: string;
  name: string;
}

/** What cloud-init and Azure's Linux agent need of a new VM. `customData` is base64. */
export interface GuestSetup {
  adminUsername: string;
  sshPublicKeys: string[];
  customData: string;
}

/**
 * A long-running operation of ARM, as a string that any process can go on with (`poll`); null where the answer was
 * already final.
 */
export type OperationToken = string | null;

export type OperationStatus =
  | { state: 'running'; retryAfterMs: number | null }
  | { state: 'succeeded' }
  | { state: 'failed'; code: string; message: string };

export interface ScaleSetObservation {
  resourceId: string;
  provisioningState: string;
  /** What Azure was last asked for, not what is there. */
  capacity: number;
  orchestrationMode: 'Uniform' | 'Flexible';
  zones: string[];
  /** Of our own tags: which incarnation made it. */
  tags: Record<string, string>;
}

export interface InstanceObservation {
  /** Uniform: a number as text. Flexible: the VM's name. */
  instanceId: string;
  resourceId: string;
  name: string;
  vmId: string;
  provisioningState: string;
  timeCreated: string | null;
  priority: 'Regular' | 'Spot';
  /** '' where it is in none. */
  zone: string;
}

/** A whole list, and how many calls it took. */
export interface InstanceList {
  instances: InstanceObservation[];
  pages: number;
}

export interface VirtualMachineObservation {
  resourceId: string;
  provisioningState: string;
  vmId: string;
  tags: Record<string, string>;
  /** ARM ids of its OS and data disks. */
  diskIds: string[];
}

export type PriorityMix = NonNullable<ScaleSetBody['properties']['priorityMixPolicy']>;

/**
 * Scale sets, VMs and disks. Every method may be repeated: creations are PUTs by name, deletions of what is gone succeed.
 * Failures are CloudFailure. No method waits for a long-running operation: it submits and answers its token. The SDK's
 * own retries are off: waiting is the orchestrator's business.
 */
export interface Compute {
  createScaleSet(
    scaleSet: AzureResource,
    options: {
      body: ScaleSetBody;
      capacity: number;
      computerNamePrefix: string;
      guest: GuestSetup;
      tags: Record<string, string>;
    },
  ): Promise<OperationToken>;
  getScaleSet(scaleSet: AzureResource): Promise<ScaleSetObservation | undefined>;
  /** Every instance, both orchestration modes, all pages; none where the set is gone. */
  listInstances(scaleSet: AzureResource): Promise<InstanceList>;
  /** PATCH of capacity, and of what new instances get: customData, size, and the share of regular VMs in a Spot set. */
  setCapacity(
    scaleSet: AzureResource,
    options: { capacity: number; customData: string; size?: string; priorityMix?: PriorityMix },
  ): Promise<OperationToken>;
  /** Forced deletion of chosen instances; the capacity goes down with them. Ids already gone are no error. */
  deleteInstances(scaleSet: AzureResource, instanceIds: string[]): Promise<OperationToken>;
  /** Forced deletion of the set and all in it. */
  deleteScaleSet(scaleSet: AzureResource): Promise<OperationToken>;

  /** OS disk, data disks and network interface get deleteOption Delete. Disk names derive from the VM's. */
  createVirtualMachine(
    virtualMachine: AzureResource,
    options: {
      body: VirtualMachineBody;
      networkInterfaceId: string;
      computerName: string;
      guest: GuestSetup;
      tags: Record<string, string>;
    },
  ): Promise<OperationToken>;
  getVirtualMachine(virtualMachine: AzureResource): Promise<VirtualMachineObservation | undefined>;
  deleteVirtualMachine(virtualMachine: AzureResource): Promise<OperationToken>;
  /** ARM ids of the group's disks that bear this tag value, attached or not. */
  listDisks(place: Omit<AzureResource, 'name'>, tag: { name: string; value: string }): Promise<string[]>;
  deleteDisk(diskId: string): Promise<OperationToken>;

  /** Azure evicts a Spot VM, of a scale set or by itself, as it would for want of room: notice, then its eviction policy. */
  simulateEviction(resourceId: string): Promise<void>;

  /** What a VM (or instance) has written to its serial console; undefined where Azure keeps nothing of it. */
  readConsoleLog(resourceId: string): Promise<string | undefined>;

  /** Asks once how an operation (of Compute or Network) stands. */
  poll(subscriptionId: string, operation: string): Promise<OperationStatus>;
}

export interface NetworkInterfaceObservation {
  resourceId: string;
  provisioningState: string;
  privateIpAddress: string | null;
  virtualMachineId: string | null;
  tags: Record<string, string>;
}

/** Network interfaces of detached VMs. The same rules as Compute. */
export interface Network {
  createNetworkInterface(
    networkInterface: AzureResource,
    options: { body: NetworkInterfaceBody; tags: Record<string, string> },
  ): Promise<OperationToken>;
  getNetworkInterface(networkInterface: AzureResource): Promise<NetworkInterfaceObservation | undefined>;
  deleteNetworkInterface(networkInterface: AzureResource): Promise<OperationToken>;
}

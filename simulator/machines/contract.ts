/**
 * The seam between the ARM side of the simulator (providers/, which decides that a VM exists)
 * and the machine side (machines/, which boots it as a process group with its own files, address and IMDS).
 */

/** What the hardware and the fabric know of a VM when it boots. */
export interface MachineSpec {
  /** ARM id of the VM or scale-set instance; unique, kept in Azure's case. */
  resourceId: string;
  vmId: string;
  name: string;
  computerName: string;
  location: string;
  zone: string;
  vmSize: string;
  subscriptionId: string;
  resourceGroupName: string;
  /** '' for a VM outside any scale set. */
  vmScaleSetName: string;
  priority: '' | 'Regular' | 'Low' | 'Spot';
  evictionPolicy: '' | 'Deallocate' | 'Delete';
  tags: Record<string, string>;
  adminUsername: string;
  /** base64, exactly as given to ARM. */
  customData: string;
  /** base64, readable through IMDS. */
  userData: string;
  /** Loopback address given to the VM's NIC, e.g. 127.16.0.4. */
  privateIpAddress: string;
  macAddress: string;
  subnetPrefix: string;
  imageReference: { id?: string; publisher?: string; offer?: string; sku?: string; version?: string };
  dataDisks: { lun: number; name: string; sizeGb: number }[];
}

export type MachineState = 'booting' | 'running' | 'stopped';

export interface Machine {
  readonly spec: MachineSpec;
  state(): MachineState;
  /** True once cloud-init's commands have all ended. */
  bootFinished(): boolean;
  /** Serial console so far: what the boot commands wrote. */
  consoleLog(): Promise<string>;
  /** Raises a scheduled event in the VM's IMDS; resolves when approved or when its time is over. */
  scheduleEvent(event: {
    type: 'Preempt' | 'Terminate' | 'Reboot' | 'Redeploy' | 'Freeze';
    noticeMs: number;
    source: 'Platform' | 'User';
  }): Promise<void>;
  /** Kills the process group at once and frees the address. `keepDisk` leaves the file root for a later start. */
  powerOff(options: { keepDisk: boolean }): Promise<void>;
}

export interface MachineFleet {
  /** Resolves when the VM's processes have been started (not when boot commands have ended). */
  boot(spec: MachineSpec): Promise<Machine>;
  /** Every machine that has processes, for the count of what is left. */
  running(): Machine[];
  close(): Promise<void>;
}

/** Issues what the VM's managed identity asks for; implemented by the token provider. */
export interface TokenIssuer {
  issue(request: {
    resource: string;
    clientId?: string;
    objectId?: string;
    principalId: string;
    vmResourceId?: string;
  }): { accessToken: string; expiresOn: number };
}

export interface SimulatorClock {
  now(): number;
  at(at: number, callback: () => void): () => void;
}

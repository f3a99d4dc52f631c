import type { Machine } from '../../machines/contract';
import type { ArmResource } from '../../resource-manager/store';

export type OrchestrationMode = 'Uniform' | 'Flexible';
export type Priority = 'Regular' | 'Low' | 'Spot';
export type EvictionPolicy = 'Deallocate' | 'Delete';
export type DeleteOption = 'Delete' | 'Detach';

export interface ImageReference {
  id?: string;
  publisher?: string;
  offer?: string;
  sku?: string;
  version?: string;
  exactVersion?: string;
}

export interface ManagedDisk {
  id?: string;
  storageAccountType?: string;
}

export interface OsDisk {
  name?: string;
  osType?: string;
  createOption?: string;
  caching?: string;
  diskSizeGB?: number;
  deleteOption?: DeleteOption;
  managedDisk?: ManagedDisk;
  diffDiskSettings?: { option?: string };
}

export interface DataDisk {
  lun: number;
  name?: string;
  createOption?: string;
  caching?: string;
  diskSizeGB?: number;
  deleteOption?: DeleteOption;
  managedDisk?: ManagedDisk;
  toBeDetached?: boolean;
}

export interface StorageProfile {
  imageReference?: ImageReference;
  osDisk?: OsDisk;
  dataDisks?: DataDisk[];
}

export interface OsProfile {
  computerName?: string;
  computerNamePrefix?: string;
  adminUsername?: string;
  adminPassword?: string;
  customData?: string;
  linuxConfiguration?: { disablePasswordAuthentication?: boolean; ssh?: { publicKeys?: unknown[] } } & Record<
    string,
    unknown
  >;
  windowsConfiguration?: Record<string, unknown>;
  [member: string]: unknown;
}

export interface InterfaceReference {
  id: string;
  properties?: { primary?: boolean; deleteOption?: DeleteOption };
}

/** A NIC described inside a VM or a scale-set model. */
export interface InterfaceConfiguration {
  name: string;
  properties?: {
    primary?: boolean;
    deleteOption?: DeleteOption;
    enableAcceleratedNetworking?: boolean;
    enableIPForwarding?: boolean;
    networkSecurityGroup?: { id: string };
    ipConfigurations?: {
      name: string;
      properties?: { subnet?: { id: string }; primary?: boolean; privateIPAddressVersion?: string };
    }[];
  };
}

/** What single VMs and scale-set models have in common. */
export interface VirtualMachineModel {
  storageProfile?: StorageProfile;
  osProfile?: OsProfile;
  networkProfile?: {
    networkInterfaces?: InterfaceReference[];
    networkInterfaceConfigurations?: InterfaceConfiguration[];
    networkApiVersion?: string;
  };
  priority?: Priority;
  evictionPolicy?: EvictionPolicy;
  billingProfile?: { maxPrice?: number };
  diagnosticsProfile?: { bootDiagnostics?: { enabled?: boolean } };
  securityProfile?: Record<string, unknown>;
  scheduledEventsProfile?: { terminateNotificationProfile?: { enable?: boolean; notBeforeTimeout?: string } };
  extensionProfile?: { extensions?: { properties?: { protectedSettings?: unknown } }[] };
  userData?: string;
  [member: string]: unknown;
}

export interface VirtualMachineProperties extends VirtualMachineModel {
  vmId: string;
  provisioningState: string;
  timeCreated: string;
  hardwareProfile: { vmSize?: string };
  virtualMachineScaleSet?: { id: string };
  /** Uniform instances only. */
  latestModelApplied?: boolean;
  modelDefinitionApplied?: string;
  networkProfileConfiguration?: { networkInterfaceConfigurations?: InterfaceConfiguration[] };
  protectionPolicy?: { protectFromScaleIn?: boolean; protectFromScaleSetActions?: boolean };
  instanceView?: unknown;
}

export type PowerState =
  'none' | 'starting' | 'running' | 'stopping' | 'stopped' | 'deallocating' | 'deallocated';

/** What ARM never shows of a VM. */
export interface VirtualMachineState {
  power: PowerState;
  /** Grows with every power change, so that a boot under way notices it has been overtaken. */
  turn: number;
  machine: Machine | undefined;
  booting: Promise<Machine> | undefined;
  removal: Promise<void> | undefined;
  /** Ends with the provisioning under way. */
  creation: Promise<void> | undefined;
  customData: string;
  userData: string;
  /** Console of a machine that has been powered off. */
  consoleLog: string;
  statusTime: string;
  /** Order of creation across all VMs: scale-in goes by it. */
  sequence: number;
  faultDomain: number;
  /** One of the extra instances of overprovisioning: visible, unbilled, soon gone. */
  isSurplus: boolean;
  modelVersion: number;
}

export type VirtualMachine = ArmResource<VirtualMachineProperties, VirtualMachineState>;

export interface ScaleSetProperties {
  provisioningState: string;
  orchestrationMode: OrchestrationMode;
  virtualMachineProfile?: VirtualMachineModel;
  upgradePolicy?: { mode?: 'Manual' | 'Automatic' | 'Rolling' };
  overprovision?: boolean;
  singlePlacementGroup?: boolean;
  platformFaultDomainCount?: number;
  scaleInPolicy?: { rules?: string[]; forceDeletion?: boolean };
  priorityMixPolicy?: { baseRegularPriorityCount?: number; regularPriorityPercentageAboveBase?: number };
  zoneBalance?: boolean;
  uniqueId: string;
  timeCreated: string;
  [member: string]: unknown;
}

export interface ScaleSetState {
  customData: string;
  userData: string;
  nextInstanceId: number;
  modelVersion: number;
  /** PUT and PATCH exclude one another; actions on instances do not. */
  isWriting: boolean;
  activeOperations: number;
  isDeleting: boolean;
  statusTime: string;
}

export type ScaleSet = ArmResource<ScaleSetProperties, ScaleSetState>;

export const VIRTUAL_MACHINES = 'Microsoft.Compute/virtualMachines';
export const SCALE_SETS = 'Microsoft.Compute/virtualMachineScaleSets';
export const SCALE_SET_VMS = 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines';

export function isSpot(model: { priority?: Priority | undefined } | undefined): boolean {
  return model?.priority === 'Spot' || model?.priority === 'Low';
}

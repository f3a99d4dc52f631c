import type { AdjustableClock } from './clock';
import type { TokenAuthority } from './identity/token-authority';
import type { MachineFleet } from './machines/contract';
import type { AllocationBook } from './providers/Microsoft.Compute/allocation';
import type { QuotaBook } from './providers/Microsoft.Compute/quota';
import type { AddressBook } from './providers/Microsoft.Network/addresses';
import type { OperationStore } from './resource-manager/operations';
import type { ResourceStore } from './resource-manager/store';

/** What can be turned while the simulator runs. */
export interface Settings {
  /** From the allocation of a VM until its processes are started. */
  bootDelayMs: number;
  pageSize: number;
}

/** The simulated cloud: one subscription of one tenant, all in memory. */
export interface Azure {
  subscriptionId: string;
  tenantId: string;
  locations: string[];
  /** This simulator's own range of loopback addresses. */
  addressPrefix: string;
  settings: Settings;
  clock: AdjustableClock;
  store: ResourceStore;
  operations: OperationStore;
  fleet: MachineFleet;
  tokens: TokenAuthority;
  quota: QuotaBook;
  allocation: AllocationBook;
  addresses: AddressBook;
}

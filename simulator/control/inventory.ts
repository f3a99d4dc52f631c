import type { Azure } from '../azure';
import { powerStateOf } from '../providers/Microsoft.Compute/instance-view';
import type { VirtualMachine } from '../providers/Microsoft.Compute/models';

/** Types that cost money, or are left over when they outlive their VM. */
const BILLABLE = [
  'Microsoft.Compute/virtualMachineScaleSets',
  'Microsoft.Compute/virtualMachineScaleSets/virtualMachines',
  'Microsoft.Compute/virtualMachines',
  'Microsoft.Compute/disks',
  'Microsoft.Network/networkInterfaces',
  'Microsoft.Network/publicIPAddresses',
].map((type) => type.toLowerCase());

export interface Inventory {
  billable: { id: string; type: string; provisioningState: string; powerState?: string }[];
  machines: { resourceId: string; privateIpAddress: string; state: string; bootFinished: boolean }[];
  counts: { billable: number; machines: number; byType: Record<string, number> };
}

/** What is left: every billable resource, and every simulated machine that has processes. */
export function inventory(azure: Azure): Inventory {
  const resources = azure.store.all();
  const byType: Record<string, number> = {};
  for (const { type } of resources) byType[type] = (byType[type] ?? 0) + 1;
  const billable = resources
    .filter((one) => BILLABLE.includes(one.type.toLowerCase()))
    .map((one) => {
      const isVm = /\/virtualMachines$/i.test(one.type);
      return {
        id: one.id,
        type: one.type,
        provisioningState: String((one.properties as { provisioningState?: string }).provisioningState),
        ...(isVm ? { powerState: powerStateOf(one as unknown as VirtualMachine) } : {}),
      };
    });
  const machines = azure.fleet.running().map((machine) => ({
    resourceId: machine.spec.resourceId,
    privateIpAddress: machine.spec.privateIpAddress,
    state: machine.state(),
    bootFinished: machine.bootFinished(),
  }));
  return { billable, machines, counts: { billable: billable.length, machines: machines.length, byType } };
}

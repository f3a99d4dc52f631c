import { randomUUID } from 'node:crypto';
import type { Azure } from '../../azure';
import { newEtag } from '../../resource-manager/preconditions';
import { completeModel, takeSecrets } from './model-checks';
import type { VirtualMachine, VirtualMachineProperties } from './models';
import { createDisks, releaseDisks } from './vm-disks';
import { attachInterfaces, releaseInterfaces } from './vm-interfaces';

let created = 0;

export type NewVirtualMachine = Omit<VirtualMachine, 'properties' | 'state'> & {
  properties: Partial<VirtualMachineProperties>;
  faultDomain?: number;
  isSurplus?: boolean;
  modelVersion?: number;
  secrets?: { customData: string; userData: string };
};

/** Writes the VM, its disks and its interfaces into the store, provisioningState Creating. Nothing stays behind when it throws. */
export function createVirtualMachine(azure: Azure, wanted: NewVirtualMachine): VirtualMachine {
  const { faultDomain = 0, isSurplus = false, modelVersion = 0, secrets: given, ...resource } = wanted;
  const properties = structuredClone(resource.properties);
  const own = takeSecrets(properties);
  completeModel(properties);
  const now = new Date(azure.clock.now()).toISOString();
  const vm: VirtualMachine = {
    ...resource,
    etag: newEtag(),
    properties: {
      ...properties,
      vmId: randomUUID(),
      hardwareProfile: properties.hardwareProfile ?? {},
      provisioningState: 'Creating',
      timeCreated: now,
    },
    state: {
      power: 'none',
      turn: 0,
      machine: undefined,
      booting: undefined,
      removal: undefined,
      creation: undefined,
      customData: given?.customData ?? own.customData ?? '',
      userData: given?.userData ?? own.userData ?? '',
      consoleLog: '',
      statusTime: now,
      sequence: ++created,
      faultDomain,
      isSurplus,
      modelVersion,
    },
  };
  attachInterfaces(azure, vm);
  try {
    createDisks(azure, vm);
  } catch (error) {
    forgetVirtualMachine(azure, vm);
    throw error;
  }
  azure.store.put(vm);
  return vm;
}

/** Takes back a VM that was never allocated. */
export function forgetVirtualMachine(azure: Azure, vm: VirtualMachine): void {
  releaseInterfaces(azure, vm);
  releaseDisks(azure, vm, 'Delete');
  azure.store.delete(vm.id);
}

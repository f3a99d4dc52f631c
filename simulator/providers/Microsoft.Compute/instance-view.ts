import type { Azure } from '../../azure';
import type { VirtualMachine } from './models';

export interface InstanceStatus {
  code: string;
  level: 'Info' | 'Error';
  displayStatus: string;
  time?: string;
}

const POWER_TEXT: Record<string, string> = {
  starting: 'VM starting',
  running: 'VM running',
  stopping: 'VM stopping',
  stopped: 'VM stopped',
  deallocating: 'VM deallocating',
  deallocated: 'VM deallocated',
};

const PROVISIONING_TEXT: Record<string, string> = {
  Succeeded: 'Provisioning succeeded',
  Creating: 'Creating',
  Updating: 'Updating',
  Deleting: 'Deleting',
  Failed: 'Provisioning failed',
};

/** A VM that has shut itself down from within is stopped, though nobody asked ARM for it. */
export function powerStateOf(vm: VirtualMachine): string {
  const { power, machine } = vm.state;
  return power === 'running' && machine?.state() === 'stopped' ? 'stopped' : power;
}

function provisioningStatus(vm: VirtualMachine): InstanceStatus {
  const { provisioningState } = vm.properties;
  const isFailed = provisioningState === 'Failed';
  return {
    code: `ProvisioningState/${provisioningState.toLowerCase()}`,
    level: isFailed ? 'Error' : 'Info',
    displayStatus: PROVISIONING_TEXT[provisioningState] ?? provisioningState,
    time: vm.state.statusTime,
  };
}

export function statusesOf(vm: VirtualMachine): InstanceStatus[] {
  const power = powerStateOf(vm);
  const statuses = [provisioningStatus(vm)];
  if (power !== 'none')
    statuses.push({ code: `PowerState/${power}`, level: 'Info', displayStatus: POWER_TEXT[power] ?? power });
  return statuses;
}

export function instanceView(azure: Azure, vm: VirtualMachine): Record<string, unknown> {
  const { properties, state } = vm;
  const isUp = powerStateOf(vm) === 'running';
  const agent = {
    vmAgentVersion: '2.11.1.4',
    statuses: [
      {
        code: 'ProvisioningState/succeeded',
        level: 'Info',
        displayStatus: 'Ready',
        message: 'Guest Agent is running',
        time: new Date(azure.clock.now()).toISOString(),
      },
    ],
    extensionHandlers: [],
  };
  const { storageProfile } = properties;
  const disks = [storageProfile?.osDisk, ...(storageProfile?.dataDisks ?? [])].filter(
    (disk) => disk?.name !== undefined,
  );
  return {
    ...(isUp
      ? {
          computerName: properties.osProfile?.computerName ?? vm.name,
          osName: 'debian',
          osVersion: '12',
          vmAgent: agent,
        }
      : {}),
    platformFaultDomain: state.faultDomain,
    platformUpdateDomain: state.faultDomain,
    disks: disks.map((disk) => ({
      name: disk?.name,
      statuses: [
        {
          code: 'ProvisioningState/succeeded',
          level: 'Info',
          displayStatus: 'Provisioning succeeded',
          time: state.statusTime,
        },
      ],
    })),
    hyperVGeneration: 'V2',
    statuses: statusesOf(vm),
  };
}

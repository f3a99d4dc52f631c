import type { Machine, MachineFleet, MachineSpec } from '../../../simulator/machines/contract';

export interface MemoryMachine extends Machine {
  events: string[];
  /** Approves the scheduled event that is waiting, as a guest would. */
  approve(): void;
}

/** A fleet without processes, for tests of what Resource Manager does; test/simulator/machines tests the real one. */
export class MemoryFleet implements MachineFleet {
  readonly machines = new Map<string, MemoryMachine>();
  readonly booted: MachineSpec[] = [];
  failNextBoot = false;

  async boot(spec: MachineSpec): Promise<Machine> {
    if (this.failNextBoot) {
      this.failNextBoot = false;
      throw new Error('the host has no more file handles');
    }
    const taken = [...this.machines.values()].find(
      (one) => one.spec.privateIpAddress === spec.privateIpAddress,
    );
    if (taken) throw new Error(`${spec.privateIpAddress} belongs to ${taken.spec.resourceId}`);
    this.booted.push(spec);
    const machine = this.create(spec);
    this.machines.set(spec.resourceId, machine);
    return machine;
  }

  running(): Machine[] {
    return [...this.machines.values()];
  }

  async close(): Promise<void> {
    this.machines.clear();
  }

  machineOf(resourceId: string): MemoryMachine {
    const found = [...this.machines].find(([id]) => id.toLowerCase() === resourceId.toLowerCase());
    if (!found) throw new Error(`no machine ${resourceId}`);
    return found[1];
  }

  private create(spec: MachineSpec): MemoryMachine {
    const { machines } = this;
    const events: string[] = [];
    let approve = (): void => undefined;
    return {
      spec,
      events,
      approve: () => approve(),
      state: () => 'running',
      bootFinished: () => true,
      consoleLog: async () => `console of ${spec.name}\n`,
      scheduleEvent: (event) => {
        events.push(`${event.type} ${event.noticeMs}`);
        return new Promise((resolve) => {
          approve = resolve;
        });
      },
      powerOff: async () => {
        machines.delete(spec.resourceId);
      },
    };
  }
}

import { readFile } from 'node:fs/promises';
import type { Machine, MachineSpec, MachineState } from './contract';
import type { Imds } from './imds/server';
import type { MachineProcess } from './machine-process';

export interface RunningMachineParts {
  spec: MachineSpec;
  /** File of the serial console. */
  console: string;
  imds: Imds;
  processes: MachineProcess;
  removeDisk: () => Promise<void>;
  /** Called once, when the VM has no process left. */
  onStopped: () => void;
}

export class RunningMachine implements Machine {
  readonly spec: MachineSpec;
  private isStopped = false;
  private readonly stopped: Promise<void>;

  constructor(private readonly parts: RunningMachineParts) {
    this.spec = parts.spec;
    this.stopped = parts.processes.ended.then(() => this.afterEnd());
  }

  state(): MachineState {
    return this.isStopped ? 'stopped' : 'running';
  }

  bootFinished(): boolean {
    return this.parts.processes.bootFinished();
  }

  async consoleLog(): Promise<string> {
    return readFile(this.parts.console, 'utf8').catch(() => '');
  }

  async scheduleEvent(event: Parameters<Machine['scheduleEvent']>[0]): Promise<void> {
    if (this.isStopped) return;
    await this.parts.imds.scheduledEvents.schedule(event);
  }

  async powerOff({ keepDisk }: { keepDisk: boolean }): Promise<void> {
    await this.parts.processes.kill();
    await this.stopped;
    if (!keepDisk) await this.parts.removeDisk();
  }

  private async afterEnd(): Promise<void> {
    this.isStopped = true;
    await this.parts.imds.close();
    this.parts.onStopped();
  }
}

import { createHash } from 'node:crypto';
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine, MachineFleet, MachineSpec, SimulatorClock, TokenIssuer } from './contract';
import { startImds } from './imds/server';
import { detectIsolation, type Isolation } from './isolation';
import { startMachineProcess } from './machine-process';
import { writeFstab } from './mounts';
import { createDisk, type MachineFolder, machineFolder, removeFolder } from './root-file-system';
import { RunningMachine } from './running-machine';
import { writeSeed } from './seed';

export interface MachineFleetOptions {
  /** Where the VMs' files live; a disk kept here is found again by a later fleet. */
  rootFolder: string;
  tokenIssuer: TokenIssuer;
  clock: SimulatorClock;
  log?: (line: string) => void;
  /** The Node that VMs find as /usr/local/bin/node; the simulator's own unless given. */
  nodePath?: string;
  /** false: copy /etc and keep /usr read-only, as is done by itself where overlay mounts are not to be had. */
  overlay?: boolean;
  /** Answer 429 past IMDS's published limits; off unless asked. */
  limitImdsRate?: boolean;
}

/** Finds out how this machine can isolate VMs and returns an empty fleet; the first boot() reports when it cannot. */
export async function createMachineFleet(options: MachineFleetOptions): Promise<MachineFleet> {
  await mkdir(options.rootFolder, { recursive: true });
  const rootFolder = await realpath(options.rootFolder);
  if (/[,:\\"\n]/.test(rootFolder)) {
    throw new Error(
      `The folder for VM disks may not contain , : \\ " or a line break (mount options): ${rootFolder}`,
    );
  }
  return new NamespaceFleet({
    ...options,
    rootFolder,
    nodePath: await realpath(options.nodePath ?? process.execPath),
  });
}

class NamespaceFleet implements MachineFleet {
  private readonly machines = new Map<string, RunningMachine>();
  /** Boots under way, and what they will own. */
  private readonly booting = new Map<string, { spec: MachineSpec; boot: Promise<Machine> }>();
  private isolation: Isolation | undefined;
  private isClosed = false;

  constructor(private readonly options: MachineFleetOptions & { nodePath: string }) {}

  async boot(spec: MachineSpec): Promise<Machine> {
    const id = spec.resourceId.toLowerCase();
    if (this.isClosed) throw new Error('The machine fleet is closed');
    this.checkFree(id, spec);
    const boot = this.start(spec, id);
    this.booting.set(id, { spec, boot });
    return boot.finally(() => this.booting.delete(id));
  }

  running(): Machine[] {
    return [...this.machines.values()].filter((machine) => machine.state() !== 'stopped');
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.allSettled([...this.booting.values()].map(({ boot }) => boot));
    // What the VMs wrote stays on their disks, as when a data centre loses power.
    await Promise.all([...this.machines.values()].map((machine) => machine.powerOff({ keepDisk: true })));
  }

  private detectIsolation(): Isolation {
    const found = detectIsolation(this.options.rootFolder);
    return { ...found, overlay: found.overlay && this.options.overlay !== false };
  }

  private checkFree(id: string, spec: MachineSpec): void {
    if (this.machines.has(id) || this.booting.has(id))
      throw new Error(`VM ${spec.resourceId} has processes already`);
    const owner = [...this.machines.values(), ...this.booting.values()].find(
      (other) => other.spec.privateIpAddress === spec.privateIpAddress,
    );
    if (owner) throw new Error(`Address ${spec.privateIpAddress} belongs to VM ${owner.spec.resourceId}`);
  }

  private async start(spec: MachineSpec, id: string): Promise<Machine> {
    const isolation = (this.isolation ??= this.detectIsolation());
    const { tokenIssuer, clock, limitImdsRate = false } = this.options;
    const files = machineFolder(join(this.options.rootFolder, folderName(id)));
    await this.prepareFiles(files, spec, isolation);
    const imds = await startImds(spec, { tokenIssuer, clock, limitRate: limitImdsRate });
    try {
      const environment = environmentOf(imds.url);
      const processes = await startMachineProcess({ files, isolation, environment });
      const machine = new RunningMachine({
        spec,
        imds,
        processes,
        console: files.console,
        removeDisk: () => removeFolder(files.folder, isolation),
        onStopped: () => this.machines.delete(id),
      });
      this.machines.set(id, machine);
      this.options.log?.(`VM ${spec.name} boots at ${spec.privateIpAddress}, IMDS ${imds.url}`);
      return machine;
    } catch (error) {
      await imds.close();
      throw error;
    }
  }

  /** A disk of the same VM is started again; a VM of the same name but another vmId gets a fresh one. */
  private async prepareFiles(files: MachineFolder, spec: MachineSpec, isolation: Isolation): Promise<void> {
    const owner = join(files.folder, 'vm-id');
    const ownerId = await readFile(owner, 'utf8').catch(() => '');
    if (ownerId !== spec.vmId) {
      await removeFolder(files.folder, isolation);
      await mkdir(files.folder, { recursive: true, mode: 0o700 });
      await createDisk(files, isolation);
      await writeFile(owner, spec.vmId);
    }
    await writeSeed(files.seed, spec);
    await writeFstab(files, isolation, this.options.nodePath);
  }
}

/** Short enough for any file system, and the same for every spelling of one resource id. */
function folderName(id: string): string {
  const name =
    id
      .split('/')
      .at(-1)
      ?.replace(/[^a-z0-9_-]/g, '_') ?? '';
  return `${name.slice(0, 40)}-${createHash('sha256').update(id).digest('hex').slice(0, 12)}`;
}

/** The only thing a simulated VM is told and a real one is not: where IMDS is (169.254.169.254 cannot be had here). */
function environmentOf(imdsUrl: string): Record<string, string> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LANG: 'C.UTF-8',
    AZURE_POD_IDENTITY_AUTHORITY_HOST: imdsUrl,
  };
}

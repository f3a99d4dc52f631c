import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createMachineFleet,
  type Machine,
  type MachineFleet,
  type MachineFleetOptions,
  type MachineSpec,
  type SimulatorClock,
} from '../../../simulator/machines/index';

export interface FleetFixture {
  fleet: MachineFleet;
  rootFolder: string;
  /** Boots a VM and waits until its boot commands have ended. */
  bootAndWait(spec: MachineSpec): Promise<Machine>;
  /** Closes the fleet and fails when a process or mount of it is left. */
  end(): Promise<void>;
}

export const systemClock: SimulatorClock = {
  now: () => Date.now(),
  at: (at, callback) => {
    const timer = setTimeout(callback, Math.max(0, at - Date.now()));
    return () => clearTimeout(timer);
  },
};

export async function openFleet(options: Partial<MachineFleetOptions> = {}): Promise<FleetFixture> {
  const rootFolder = options.rootFolder ?? (await mkdtemp(join(tmpdir(), 'muster-machines-')));
  const fleet = await createMachineFleet({
    rootFolder,
    clock: systemClock,
    tokenIssuer: { issue: () => ({ accessToken: 'token', expiresOn: Date.now() / 1000 + 86_400 }) },
    ...options,
  });
  return {
    fleet,
    rootFolder,
    bootAndWait: async (spec) => bootFinished(await fleet.boot(spec)),
    end: async () => {
      await fleet.close();
      expect(await leftOf(rootFolder)).toEqual([]);
      await rm(rootFolder, { recursive: true, force: true });
    },
  };
}

/** Waits for the final message, the last thing a boot writes. */
export async function bootFinished(machine: Machine): Promise<Machine> {
  await until(() => machine.bootFinished(), 'the boot commands to end');
  await until(
    async () => (await machine.consoleLog()).includes('(simulated) finished at'),
    'the final message',
  );
  return machine;
}

/** A daemon that has left its session and its parents behind, ignores signals and holds a port; says where IMDS is. */
export const DAEMON = `#!/bin/sh
echo "imds=$AZURE_POD_IDENTITY_AUTHORITY_HOST"
(setsid setsid node -e '
process.on("SIGTERM", () => {}).on("SIGHUP", () => {});
require("http").createServer((_, answer) => answer.end("up")).listen(8701, require("os").hostname());
' >/dev/null 2>&1 </dev/null &)
`;

/** Where a VM whose boot commands print imds=$AZURE_POD_IDENTITY_AUTHORITY_HOST was told to find IMDS. */
export async function imdsOf(machine: Machine): Promise<string> {
  return /^imds=(.*)$/m.exec(await machine.consoleLog())?.[1] ?? '';
}

let counter = 0;

/** A VM that differs from all others of this test process; `customData` is plain text here. */
export function specOf(customData = '', overrides: Partial<MachineSpec> = {}): MachineSpec {
  counter += 1;
  const name = `vm${counter}`;
  return {
    resourceId: `/subscriptions/0000/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/${name}`,
    vmId: `5c08b38e-4d57-4c23-ac45-${String(counter).padStart(12, '0')}`,
    name,
    computerName: name,
    location: 'westus2',
    zone: '',
    vmSize: 'Standard_D2s_v5',
    subscriptionId: '0000',
    resourceGroupName: 'rg',
    vmScaleSetName: '',
    priority: '',
    evictionPolicy: '',
    tags: {},
    adminUsername: 'azureuser',
    customData: Buffer.from(customData).toString('base64'),
    userData: '',
    // One block of addresses a test process, so that test files may run at once.
    privateIpAddress: `127.${32 + (process.pid % 200)}.${Math.floor(process.pid / 200) % 250}.${counter}`,
    macAddress: '00-0D-3A-12-34-56',
    subnetPrefix: '127.32.0.0/16',
    imageReference: { publisher: 'Canonical', offer: 'ubuntu-24_04-lts', sku: 'server', version: 'latest' },
    dataDisks: [],
    ...overrides,
  };
}

export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 15_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Processes that have the folder in their mounts (everything inside a VM has), and mounts of the machine itself. */
export async function leftOf(rootFolder: string): Promise<string[]> {
  const left: string[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const mounts = await readFile(`/proc/${name}/mountinfo`, 'utf8').catch(() => '');
    if (!mounts.includes(rootFolder)) continue;
    left.push(
      `${name}: ${(await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).replace(/\0/g, ' ')}`,
    );
  }
  return left;
}

/** A clock that moves only when told. */
export class ManualClock implements SimulatorClock {
  private time = Date.UTC(2026, 3, 11, 22, 26, 0);
  private readonly timers = new Set<{ at: number; callback: () => void }>();

  now(): number {
    return this.time;
  }

  at(at: number, callback: () => void): () => void {
    const timer = { at, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  advance(ms: number): void {
    this.time += ms;
    const due = [...this.timers].filter(({ at }) => at <= this.time).sort((one, other) => one.at - other.at);
    for (const timer of due) if (this.timers.delete(timer)) timer.callback();
  }
}

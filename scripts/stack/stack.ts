import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startComponent, stopComponent, type RunningComponent } from './component';
import { appSettings, hostComponent, simulatorComponent, storageComponent } from './components';
import { connectionString, identityOf, type Identity } from './identity';

export interface StackOptions {
  /** Everything a stack keeps: ports, keys, storage, durable state, logs. */
  stateFolder: string;
  /** Settings of the app, over the defaults below. */
  settings?: Record<string, string>;
  /** The simulator's control API, and the host's clock. */
  hasControl?: boolean;
  /** Storage writes a line for each request. */
  hasAccessLog?: boolean;
  /** File for every exchange with the simulated resource manager. */
  recordFile?: string;
}

export interface Stack {
  url: string;
  key: string;
  storage: string;
  /** The simulated Azure: the subscription it serves, and its control API where that is on. */
  simulator: { url: string; subscriptionId: string };
  components: RunningComponent[];
  stop(): Promise<void>;
}

const names = ['host', 'simulator', 'storage'] as const;

/** Storage and the simulated Azure, without a host: what another host is given to run the app beside them. */
export interface LocalAzure {
  hostPort: number;
  settings: Record<string, string>;
  simulator: Stack['simulator'];
  components: RunningComponent[];
  /** Starts the embedded host, or adopts it. */
  startHost(): Promise<RunningComponent>;
  identity: Identity;
}

export async function startAzure(options: StackOptions): Promise<LocalAzure> {
  mkdirSync(options.stateFolder, { recursive: true, mode: 0o700 });
  const identity = await identityOf(options.stateFolder);
  const storage = await startComponent(options.stateFolder, storageComponent(options, identity));
  const simulator = await startComponent(options.stateFolder, simulatorComponent(options, identity));
  const azure = readyLine(simulator);
  return {
    hostPort: identity.hostPort,
    settings: { ...appSettings(identity, azure), ...options.settings },
    simulator: { url: String(azure.url), subscriptionId: String(azure.subscriptionId) },
    components: [simulator, storage],
    startHost: () => startComponent(options.stateFolder, hostComponent(options, identity, azure)),
    identity,
  };
}

/** Starts storage, the simulated Azure and the functions host; adopts those of this folder that still run. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const azure = await startAzure(options);
  const host = await azure.startHost().catch(async (error: unknown) => {
    // What this call started must not stay behind; what it found running may.
    for (const component of azure.components) {
      if (!component.isAdopted) await stopComponent(options.stateFolder, component.name);
    }
    throw error;
  });
  return {
    url: `http://127.0.0.1:${azure.hostPort}`,
    key: functionKey(options.stateFolder),
    storage: connectionString(azure.identity),
    simulator: azure.simulator,
    components: [host, ...azure.components],
    stop: () => stopStack(options.stateFolder),
  };
}

/** Host first, so that it drains while storage and Azure are there. */
export async function stopStack(stateFolder: string): Promise<void> {
  for (const name of names) await stopComponent(stateFolder, name);
}

/** The one line of JSON by which a component says that it is ready and where. */
function readyLine(component: RunningComponent): Record<string, unknown> {
  const line = readFileSync(component.logFile, 'utf8')
    .split('\n')
    .find((candidate) => candidate.startsWith('{"ready":true'));
  if (!line)
    throw new Error(`${component.name} said nothing of where it is ready: see ${component.logFile}.`);
  return JSON.parse(line) as Record<string, unknown>;
}

/** The host makes its keys at its first start and keeps them; the one that opens every function is `default`. */
function functionKey(stateFolder: string): string {
  const keys = JSON.parse(readFileSync(join(stateFolder, 'host', 'keys.json'), 'utf8')) as {
    functionKeys: { default: string };
  };
  return keys.functionKeys.default;
}

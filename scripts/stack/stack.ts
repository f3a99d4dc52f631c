import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startComponent, stopComponent, type Component, type RunningComponent } from './component';
import { freePort } from './free-port';

export interface StackOptions {
  /** Everything a stack keeps: ports, keys, storage, durable state, logs. */
  stateFolder: string;
  /** Settings of the app, over the defaults below. */
  settings?: Record<string, string>;
  /** The simulator's control API, and the host's clock. */
  hasControl?: boolean;
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

/** What must stay the same from start to start: VMs hold the URL, storage holds data under the key. */
interface Identity {
  hostPort: number;
  simulatorPort: number;
  blobPort: number;
  queuePort: number;
  tablePort: number;
  functionKey: string;
  signingKey: string;
  storageKey: string;
}

const root = resolve(__dirname, '..', '..', '..');
const names = ['host', 'simulator', 'storage'] as const;

/** Starts storage, the simulated Azure and the functions host; adopts those of this folder that still run. */
export async function startStack(options: StackOptions): Promise<Stack> {
  mkdirSync(options.stateFolder, { recursive: true, mode: 0o700 });
  const identity = await identityOf(options.stateFolder);
  const storage = await startComponent(options.stateFolder, storageComponent(options, identity));
  const simulator = await startComponent(options.stateFolder, simulatorComponent(options, identity));
  const azure = readyLine(simulator);
  const host = await startComponent(options.stateFolder, hostComponent(options, identity, azure));
  return {
    url: `http://127.0.0.1:${identity.hostPort}`,
    key: identity.functionKey,
    storage: connectionString(identity),
    simulator: { url: String(azure.url), subscriptionId: String(azure.subscriptionId) },
    components: [host, simulator, storage],
    stop: () => stopStack(options.stateFolder),
  };
}

/** Host first, so that it drains while storage and Azure are there. */
export async function stopStack(stateFolder: string): Promise<void> {
  for (const name of names) await stopComponent(stateFolder, name);
}

async function identityOf(stateFolder: string): Promise<Identity> {
  const file = join(stateFolder, 'identity.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Identity;
  const identity: Identity = {
    hostPort: await freePort(),
    simulatorPort: await freePort(),
    blobPort: await freePort(),
    queuePort: await freePort(),
    tablePort: await freePort(),
    functionKey: randomBytes(24).toString('base64url'),
    signingKey: randomBytes(32).toString('base64url'),
    storageKey: randomBytes(64).toString('base64'),
  };
  writeFileSync(file, JSON.stringify(identity), { mode: 0o600 });
  return identity;
}

const account = 'muster';

function connectionString(identity: Identity): string {
  const endpoint = (service: string, port: number): string =>
    `${service}Endpoint=http://127.0.0.1:${port}/${account};`;
  return (
    `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${identity.storageKey};` +
    endpoint('Blob', identity.blobPort) +
    endpoint('Queue', identity.queuePort) +
    endpoint('Table', identity.tablePort)
  );
}

function storageComponent({ stateFolder }: StackOptions, identity: Identity): Component {
  const { blobPort, queuePort, tablePort, storageKey } = identity;
  const port = (service: string, number: number): string[] => [
    `--${service}Host`,
    '127.0.0.1',
    `--${service}Port`,
    String(number),
  ];
  return {
    name: 'storage',
    arguments: [
      join(root, 'node_modules', 'azurite', 'dist', 'src', 'azurite.js'),
      ...port('blob', blobPort),
      ...port('queue', queuePort),
      ...port('table', tablePort),
      '--silent',
      '--skipApiVersionCheck',
      '--disableTelemetry',
      '--location',
      join(stateFolder, 'storage'),
    ],
    environment: { AZURITE_ACCOUNTS: `${account}:${storageKey}` },
    isReady: async () =>
      (
        await Promise.all(
          [blobPort, queuePort, tablePort].map((number) => answers(`http://127.0.0.1:${number}/`)),
        )
      ).every(Boolean),
  };
}

function simulatorComponent(
  { stateFolder, hasControl, recordFile }: StackOptions,
  identity: Identity,
): Component {
  return {
    name: 'simulator',
    arguments: [
      join(root, 'dist', 'simulator', 'main.js'),
      ...['--port', String(identity.simulatorPort)],
      ...['--state', join(stateFolder, 'simulator')],
      ...(hasControl ? ['--control'] : []),
      ...(recordFile ? ['--record', resolve(recordFile)] : []),
    ],
    isReady: async (log) => log.includes('"ready":true'),
  };
}

function hostComponent(
  { stateFolder, settings, hasControl }: StackOptions,
  identity: Identity,
  azure: Record<string, unknown>,
): Component {
  return {
    name: 'host',
    arguments: [
      join(root, 'dist', 'host', 'main.js'),
      ...['--app', root],
      ...['--port', String(identity.hostPort)],
      ...['--state', join(stateFolder, 'host')],
      ...['--key', identity.functionKey],
      ...(hasControl ? ['--control'] : []),
    ],
    environment: {
      AzureWebJobsStorage: connectionString(identity),
      MUSTER_ARM_ENDPOINT: String(azure.url),
      MUSTER_SIGNING_KEY: identity.signingKey,
      IDENTITY_ENDPOINT: String(azure.identityEndpoint),
      IDENTITY_HEADER: String(azure.identityHeader),
      ...settings,
    },
    isReady: async (log) =>
      log.includes('"ready":true') &&
      (await answers(`http://127.0.0.1:${identity.hostPort}/admin/host/ping`)),
  };
}

/** Any HTTP answer will do. */
async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url, { signal: AbortSignal.timeout(2000) })).arrayBuffer();
    return true;
  } catch {
    return false;
  }
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

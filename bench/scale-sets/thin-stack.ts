import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MusterClient } from '../../client';
import { putLocalTemplates } from '../../scripts/local-azure/templates';
import { startComponent, stopComponent, type RunningComponent } from '../../scripts/stack/component';
import { hostComponent, simulatorComponent, storageComponent } from '../../scripts/stack/components';
import { freePort } from '../../scripts/stack/free-port';
import { identityOf } from '../../scripts/stack/identity';
import type { ThinState } from './thin-agents';

export interface ThinStackOptions {
  stateFolder: string;
  /** How many programs share the VMs. */
  players: number;
  /** Settings of the app that are not its defaults. */
  settings: Record<string, string>;
  /** 1: Azure's own limits of requests. */
  throttleFactor: number;
}

/** The app on its host, storage and the simulator, all real, with VMs that are thin. */
export interface ThinStack {
  client: MusterClient;
  simulatorUrl: string;
  host: RunningComponent;
  storage: RunningComponent;
  /** The host's durable store. */
  durableFile: string;
  thin(): Promise<ThinState>;
  stop(): Promise<void>;
}

export async function startThinStack(options: ThinStackOptions): Promise<ThinStack> {
  const { stateFolder } = options;
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const started: string[] = [];
  const stop = async (): Promise<void> => {
    for (const name of started.reverse()) await stopComponent(stateFolder, name);
  };
  const start = (component: Parameters<typeof startComponent>[1]): Promise<RunningComponent> => {
    started.push(component.name);
    return startComponent(stateFolder, component);
  };
  try {
    return { ...(await startAll(options, start)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Start = (component: Parameters<typeof startComponent>[1]) => Promise<RunningComponent>;

async function startAll(options: ThinStackOptions, start: Start): Promise<Omit<ThinStack, 'stop'>> {
  const { stateFolder, settings } = options;
  // Counting in Azurite's access log costs less, and changes less, than a proxy in front.
  const stackOptions = { stateFolder, settings, hasControl: true, hasAccessLog: true };
  const identity = await identityOf(stateFolder);
  const storage = await start(storageComponent(stackOptions, identity));
  const players = await startPlayers(options.players, start);
  const simulator = simulatorComponent(stackOptions, identity);
  const azure = readyLine(
    await start({
      ...simulator,
      arguments: [
        ...simulator.arguments,
        ...['--throttle-factor', String(options.throttleFactor)],
        ...players.flatMap((url) => ['--thin', url]),
      ],
    }),
  );
  const simulatorUrl = String(azure.url);
  await raiseQuota(simulatorUrl);
  const host = await start(hostComponent(stackOptions, identity, azure));
  const { functionKeys } = JSON.parse(readFileSync(path.join(stateFolder, 'host', 'keys.json'), 'utf8')) as {
    functionKeys: { default: string };
  };
  const url = `http://127.0.0.1:${identity.hostPort}`;
  const client = new MusterClient({ url, key: functionKeys.default });
  await putLocalTemplates(client, String(azure.subscriptionId));
  const durableFile = path.join(stateFolder, 'host', 'durable.sqlite');
  return { client, simulatorUrl, host, storage, durableFile, thin: () => thinState(players) };
}

async function startPlayers(count: number, start: Start): Promise<string[]> {
  const urls: string[] = [];
  for (let number = 0; number < count; number++) {
    const component = await start({
      name: `thin-agents-${number}`,
      arguments: [path.join(__dirname, 'thin-agents.js'), String(await freePort())],
      isReady: async (log) => log.includes('"ready":true'),
    });
    urls.push(String(readyLine(component).url));
  }
  return urls;
}

async function raiseQuota(simulatorUrl: string): Promise<void> {
  for (const name of ['cores', 'standardDSv5Family']) {
    await control(simulatorUrl, 'POST', 'quota', { location: 'westeurope', name, limit: 10_000 });
  }
}

/** The simulator's control API. */
export async function control(
  simulatorUrl: string,
  method: string,
  ...[name, body]: [string, object?]
): Promise<unknown> {
  const response = await fetch(`${simulatorUrl}/control/${name}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  if (!response.ok)
    throw new Error(`${method} /control/${name}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}

async function thinState(urls: string[]): Promise<ThinState> {
  const states = await Promise.all(
    urls.map(async (url) => (await (await fetch(`${url}/state`)).json()) as ThinState),
  );
  const calls: Record<string, number> = {};
  for (const state of states)
    for (const [name, count] of Object.entries(state.calls)) calls[name] = (calls[name] ?? 0) + count;
  return { machines: states.flatMap(({ machines }) => machines), calls };
}

function readyLine({ logFile }: RunningComponent): Record<string, unknown> {
  const line = readFileSync(logFile, 'utf8')
    .split('\n')
    .find((candidate) => candidate.startsWith('{"ready":true'));
  if (!line) throw new Error(`No line in ${logFile} says that it is ready.`);
  return JSON.parse(line) as Record<string, unknown>;
}

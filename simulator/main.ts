import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { keptSecrets, newSecrets } from './identity/kept-secrets';
import { createMachineFleet, createThinFleet } from './machines';
import { startSimulator, type SimulatorOptions } from './simulator';

const USAGE = `Azure on localhost: Resource Manager, tokens, and VMs as processes. All state is in memory and ends with it.

  --port N                 port of Resource Manager on 127.0.0.1; 0 (default): any free one
  --control                serve the control API under /control
  --state DIR              folder for the VMs' files and the identity's secrets (default: a temporary one, removed at the end)
  --location NAME          a region; may be given several times (default: westeurope northeurope)
  --boot-delay-ms N        from allocation until a VM's processes start (default 200)
  --operation-delay-ms N   least duration of an asynchronous operation (default 50)
  --page-size N            items on a page of a list (default 100)
  --throttle-factor N      multiplies Azure's request limits: 1 Azure's own, 0 none (default 60: a second counts as a minute)
  --token-lifetime-ms N    validity of issued tokens (default 86400000)
  --record FILE            append every exchange with Resource Manager as a line of JSON
  --thin URL               hand each VM to the program at URL instead of starting processes; may be given several times
  --no-seed                start without the resource group, network and image that are there otherwise
`;

function count(text: string | undefined, name: string, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`--${name} must be a whole number of 0 or more, not '${text}'.`);
  return value;
}

function readOptions(): Omit<SimulatorOptions, 'createFleet' | 'secrets'> & {
  stateFolder: string | undefined;
  thinUrls: string[];
} {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      port: text,
      control: { type: 'boolean', default: false },
      state: text,
      location: { type: 'string', multiple: true, default: ['westeurope', 'northeurope'] },
      'boot-delay-ms': text,
      'operation-delay-ms': text,
      'page-size': text,
      'throttle-factor': text,
      'token-lifetime-ms': text,
      record: text,
      thin: { type: 'string', multiple: true, default: [] },
      'no-seed': { type: 'boolean', default: false },
    },
  });
  return {
    port: count(values.port, 'port', 0),
    hasControl: values.control,
    locations: values.location.map((name) => name.replace(/ /g, '').toLowerCase()),
    bootDelayMs: count(values['boot-delay-ms'], 'boot-delay-ms', 200),
    operationDelayMs: count(values['operation-delay-ms'], 'operation-delay-ms', 50),
    pageSize: Math.max(1, count(values['page-size'], 'page-size', 100)),
    throttleFactor: count(values['throttle-factor'], 'throttle-factor', 60),
    tokenLifetimeMs: count(values['token-lifetime-ms'], 'token-lifetime-ms', 86_400_000),
    recordFile: values.record === undefined ? undefined : resolve(values.record),
    thinUrls: values.thin,
    isSeeded: !values['no-seed'],
    stateFolder: values.state === undefined ? undefined : resolve(values.state),
  };
}

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(USAGE);
    return;
  }
  const { stateFolder, thinUrls, ...options } = readOptions();
  const temporary = stateFolder === undefined ? await mkdtemp(join(tmpdir(), 'muster-azure-')) : undefined;
  const rootFolder = join(stateFolder ?? temporary ?? '', 'machines');
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const simulator = await startSimulator({
    ...options,
    secrets: stateFolder === undefined ? newSecrets() : await keptSecrets(stateFolder),
    createFleet: async (parts) =>
      thinUrls.length > 0 ? createThinFleet(thinUrls) : createMachineFleet({ ...parts, rootFolder, log }),
  });
  let closing: Promise<void> | undefined;
  const stop = (): void => {
    closing ??= simulator.close().then(async () => {
      if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const { azure: _azure, close: _close, ...ready } = simulator;
  process.stdout.write(`${JSON.stringify({ ready: true, ...ready })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`simulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from './support/simulator-fixture';

interface Ready {
  ready: boolean;
  url: string;
  identityEndpoint: string;
  identityHeader: string;
  subscriptionId: string;
}

const PROGRAM = join(__dirname, '../../dist/simulator/main.js');
let folder: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulator-test-'));
});

afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

/** The built simulator as a process, with the real machines. */
async function start(...options: string[]): Promise<Ready> {
  child = spawn(process.execPath, [PROGRAM, '--port', '0', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return JSON.parse(line) as Ready;
}

async function arm(
  simulator: Ready,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, never> }> {
  const tokenUrl = `${simulator.identityEndpoint}?api-version=2019-08-01&resource=https://management.azure.com`;
  const issued = (await (
    await fetch(tokenUrl, { headers: { 'X-IDENTITY-HEADER': simulator.identityHeader } })
  ).json()) as { access_token: string };
  const response = await fetch(`${simulator.url}/subscriptions/${simulator.subscriptionId}${path}`, {
    method,
    headers: { Authorization: `Bearer ${issued.access_token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

const SET = '/resourceGroups/rg-muster/providers/Microsoft.Compute/virtualMachineScaleSets/a';
const V = '?api-version=2026-04-01';

function scaleSet(simulator: Ready, beacon: string): unknown {
  const group = `/subscriptions/${simulator.subscriptionId}/resourceGroups/rg-muster/providers`;
  const subnet = { id: `${group}/Microsoft.Network/virtualNetworks/vnet-muster/subnets/default` };
  const cloudConfig = `#cloud-config\nruncmd:\n  - [ sh, -c, "echo ${beacon}; exec sleep ${NAP}" ]\n`;
  return {
    location: 'westeurope',
    sku: { name: 'Standard_D2s_v5', capacity: 2 },
    properties: {
      overprovision: false,
      upgradePolicy: { mode: 'Manual' },
      virtualMachineProfile: {
        osProfile: {
          computerNamePrefix: 'w',
          adminUsername: 'u',
          adminPassword: 'Secret-12345',
          customData: Buffer.from(cloudConfig).toString('base64'),
        },
        storageProfile: {
          imageReference: { id: `${group}/Microsoft.Compute/galleries/galmuster/images/linux` },
        },
        diagnosticsProfile: { bootDiagnostics: { enabled: true } },
        networkProfile: {
          networkInterfaceConfigurations: [
            {
              name: 'nic',
              properties: { primary: true, ipConfigurations: [{ name: 'ip', properties: { subnet } }] },
            },
          ],
        },
      },
    },
  };
}

async function counts(simulator: Ready): Promise<{ machines: number }> {
  const response = await fetch(`${simulator.url}/control/resources`);
  return ((await response.json()) as { counts: { machines: number } }).counts;
}

async function bootOutput(simulator: Ready): Promise<string> {
  const { body } = await arm(simulator, 'POST', `${SET}/virtualMachines/0/retrieveBootDiagnosticsData${V}`);
  return (
    await fetch((body as unknown as { serialConsoleLogBlobUri: string }).serialConsoleLogBlobUri)
  ).text();
}

test('VMs boot from their customData as processes, each exchange is recorded, and SIGTERM ends them all', async () => {
  const file = join(folder, 'exchanges.jsonl');
  const simulator = await start(
    '--control',
    '--state',
    folder,
    '--record',
    file,
    '--boot-delay-ms',
    '1',
    '--operation-delay-ms',
    '1',
  );
  expect((await arm(simulator, 'PUT', SET + V, scaleSet(simulator, 'the-beacon'))).status).toBe(201);
  await until('both machines run', async () => (await counts(simulator)).machines === 2);
  await until('both run their boot commands', async () => (await sleepers()).length === 2);
  await until('the console shows what the boot commands wrote', async () =>
    (await bootOutput(simulator)).includes('the-beacon'),
  );
  const ended = once(child!, 'exit');
  child!.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(await sleepers()).toEqual([]);
  const lines = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as { method: string; status: number; requestHeaders: Record<string, string> },
    );
  expect(lines[0]).toMatchObject({ method: 'PUT', status: 201, responseBody: { name: 'a' } });
  expect(lines[0]?.requestHeaders['authorization']).toMatch(/^Bearer .{6}\.\.\.$/);
});

/** A time that no other process on this machine sleeps. */
const NAP = String(1_000_000_000 + process.pid);

/** The VMs' own processes, found by what they run. */
async function sleepers(): Promise<string[]> {
  const found: string[] = [];
  for (const name of (await readdir('/proc')).filter((one) => /^\d+$/.test(one))) {
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (command.split('\0').slice(0, 2).join(' ') === `sleep ${NAP}`) found.push(name);
  }
  return found;
}

test('the identity is the same after a restart with the same folder', async () => {
  const first = await start('--state', folder);
  const ended = once(child!, 'exit');
  child!.kill('SIGTERM');
  await ended;
  const second = await start('--state', folder);
  expect([second.identityHeader, second.subscriptionId]).toEqual([
    first.identityHeader,
    first.subscriptionId,
  ]);
});

test('an option that makes no sense ends it with a message and status 2', async () => {
  const wrong = spawn(process.execPath, [PROGRAM, '--port', 'seven'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  wrong.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(wrong, 'close')) as [number];
  expect([code, text]).toEqual([2, "simulator: --port must be a whole number of 0 or more, not 'seven'.\n"]);
});

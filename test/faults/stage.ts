import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QueueServiceClient } from '@azure/storage-queue';
import { MusterClient } from '../../client';
import { localSettings, putLocalTemplates } from '../../scripts/local-azure/templates';
import { runningPid } from '../../scripts/stack/component';
import { connectionString, identityOf, type Identity } from '../../scripts/stack/identity';
import { startStack, type Stack } from '../../scripts/stack/stack';
import { connectStorage, createRecords } from '../../shared/azure';
import type { Records } from '../../shared/ports';
import { FaultProxy } from './fault-proxy';
import type { Service } from './schedule';

/** Pauses of a machine that has to see a VM die and be replaced within a minute. */
const settings: Record<string, string> = {
  ...localSettings,
  MUSTER_TASK_LEASE_MS: '3000',
  MUSTER_TASK_LEASE_RENEWAL_MS: '800',
  MUSTER_CANCEL_LOOK_MS: '1000',
  MUSTER_KILL_GRACE_MS: '500',
  MUSTER_EVICTION_TERMINATE_MS: '1500',
};

/** The whole product in real processes, with a proxy in front of the control plane and of each storage service. */
export interface Stage {
  stack: Stack;
  stateFolder: string;
  /** By way of the proxy, as VMs go. */
  client: MusterClient;
  /** Past all proxies. */
  direct: { client: MusterClient; records: Records; queues: QueueServiceClient; systemKey: string };
  proxies: Record<Service | 'host', FaultProxy>;
  /** Of the host as it runs now. */
  hostPid(): number | undefined;
  /** Starts the host where it is not running. */
  startHost(): Promise<void>;
  /** Stops every process. */
  stop(): Promise<void>;
  removeState(): void;
}

export async function setStage(): Promise<Stage> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'muster-faults-'));
  mkdirSync(stateFolder, { recursive: true });
  const identity = await identityOf(stateFolder);
  const proxies = {
    blob: await FaultProxy.start(identity.blobPort),
    queue: await FaultProxy.start(identity.queuePort),
    table: await FaultProxy.start(identity.tablePort),
    host: await FaultProxy.start(identity.hostPort),
  };
  const url = `http://127.0.0.1:${proxies.host.port}`;
  const options = {
    stateFolder,
    hasControl: true,
    settings: { ...settings, AzureWebJobsStorage: throughProxies(identity, proxies), MUSTER_PUBLIC_URL: url },
  };
  const stack = await startStack(options);
  const client = new MusterClient({ url, key: stack.key });
  await putLocalTemplates(client, stack.simulator.subscriptionId);
  const stop = async (): Promise<void> => {
    await stack.stop();
    await Promise.all(Object.values(proxies).map((proxy) => proxy.stop()));
  };
  return {
    ...{ stack, stateFolder, client, proxies, stop },
    direct: directAccess(stack, stateFolder),
    hostPid: () => runningPid(stateFolder, 'host'),
    startHost: async () => void (await startStack(options)),
    removeState: () => rmSync(stateFolder, { recursive: true, force: true }),
  };
}

function throughProxies(identity: Identity, { blob, queue, table }: Stage['proxies']): string {
  const { port: blobPort } = blob;
  return connectionString({ ...identity, blobPort, queuePort: queue.port, tablePort: table.port });
}

function directAccess(stack: Stack, stateFolder: string): Stage['direct'] {
  const keys = JSON.parse(readFileSync(join(stateFolder, 'host', 'keys.json'), 'utf8')) as {
    systemKeys: { durabletask_extension: string };
  };
  return {
    client: new MusterClient({ url: stack.url, key: stack.key }),
    records: createRecords(connectStorage({ AzureWebJobsStorage: stack.storage })),
    queues: QueueServiceClient.fromConnectionString(stack.storage),
    systemKey: keys.systemKeys.durabletask_extension,
  };
}

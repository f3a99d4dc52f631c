import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type InstanceFacts } from '../shared/contracts/worker-protocol';
import { backoffMs, bootDelays, sleep } from './backoff';
import { describeError, type Log } from './log';

const defaultMetadataHost = 'http://169.254.169.254';
const metadataPath = '/metadata/instance?api-version=2021-02-01';
const hyperVKeyValueFile = '/var/lib/hyperv/.kvp_pool_3';
const requestTimeoutMs = 5000;

const text = z.string().default('');
const Instance = z.object({
  compute: z.object({
    resourceId: z.string().min(1),
    vmId: z.string().min(1),
    name: z.string().min(1),
    subscriptionId: text,
    resourceGroupName: text,
    vmScaleSetName: text,
    location: text,
    zone: text,
    vmSize: text,
    priority: text,
  }),
  network: z
    .object({
      interface: z.array(
        z.object({ ipv4: z.object({ ipAddress: z.array(z.object({ privateIpAddress: text })) }).optional() }),
      ),
    })
    .optional(),
});

/** Keys take 512 bytes, values 2048, both padded with NUL (Hyper-V data exchange, "pool 3": set by the host). */
export function physicalHostNameOf(pool: Buffer): string {
  const [keyBytes, valueBytes] = [512, 2048];
  for (let at = 0; at + keyBytes + valueBytes <= pool.length; at += keyBytes + valueBytes) {
    const field = (from: number, size: number): string =>
      pool
        .subarray(from, from + size)
        .toString('utf8')
        .replace(/\0[\s\S]*$/, '');
    if (field(at, keyBytes) === 'PhysicalHostNameFullyQualified') return field(at + keyBytes, valueBytes);
  }
  return 'unknown';
}

function physicalHostName(): string {
  try {
    return physicalHostNameOf(readFileSync(hyperVKeyValueFile)) || 'unknown';
  } catch {
    return 'unknown';
  }
}

export function factsOf(body: unknown, hostName: string): InstanceFacts {
  const { compute, network } = Instance.parse(body);
  return {
    resourceId: compute.resourceId,
    vmId: compute.vmId,
    name: compute.name,
    subscriptionId: compute.subscriptionId,
    resourceGroup: compute.resourceGroupName,
    scaleSetName: compute.vmScaleSetName,
    location: compute.location,
    zone: compute.zone,
    vmSize: compute.vmSize,
    priority: compute.priority,
    privateIpAddress: network?.interface[0]?.ipv4?.ipAddress[0]?.privateIpAddress ?? '',
    physicalHostName: hostName,
  };
}

/** Tests and simulations say where the metadata service is, as Azure's own SDKs let them. */
export function metadataUrl(path: string): string {
  const host = process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST || defaultMetadataHost;
  return `${host.replace(/\/$/, '')}${path}`;
}

/** Node's fetch uses no proxy unless told, and the metadata service refuses proxied calls. */
async function readInstance(): Promise<unknown> {
  const response = await fetch(metadataUrl(metadataPath), {
    headers: { Metadata: 'true' },
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  if (!response.ok) throw new Error(`the metadata service answered ${response.status}`);
  return response.json();
}

/** Asks for ever: without its facts a VM cannot enrol. Undefined only when told to end. */
export async function readInstanceFacts(log: Log, end: AbortSignal): Promise<InstanceFacts | undefined> {
  for (let attempt = 0; !end.aborted; attempt++) {
    try {
      return factsOf(await readInstance(), physicalHostName());
    } catch (error) {
      const retryInMs = backoffMs(attempt, bootDelays);
      log('warning', 'instance-facts-unavailable', {
        url: metadataUrl(''),
        retryInMs,
        ...describeError(error),
      });
      await sleep(retryInMs, end);
    }
  }
  return undefined;
}

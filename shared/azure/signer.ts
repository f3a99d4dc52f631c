import {
  SASProtocol,
  type BlobSASPermissions,
  type ContainerSASPermissions,
  type UserDelegationKey,
} from '@azure/storage-blob';
import type { QueueSASPermissions } from '@azure/storage-queue';
import type { Storage } from './storage';

/** Clocks of VMs may be behind ours; a signature not valid yet would be refused. */
const startsEarlierMs = 5 * 60_000;
/** Azure gives no user delegation key for longer than seven days, its early start included. */
const maxDelegationMs = 7 * 86_400_000 - startsEarlierMs;

export interface Signature {
  startsOn: Date;
  expiresOn: Date;
  protocol: SASProtocol;
}

type Signing = Pick<Storage, 'queues' | 'blobs' | 'signing'>;

/** Signs URLs (SAS) of one queue, one container, one blob. */
export interface Signer {
  /** From a little before now until so long after. */
  signature(lifetimeMs: number): Signature;
  queueUrl(queue: string, permissions: QueueSASPermissions, signature: Signature): Promise<string>;
  containerUrl(
    container: string,
    permissions: ContainerSASPermissions,
    signature: Signature,
  ): Promise<string>;
  blobUrl(
    place: { container: string; blob: string },
    permissions: BlobSASPermissions,
    signature: Signature,
  ): Promise<string>;
}

export function createSigner(storage: Signing): Signer {
  const protocol = storage.blobs.url.startsWith('http://') ? SASProtocol.HttpsAndHttp : SASProtocol.Https;
  const signature = (lifetimeMs: number): Signature => ({
    startsOn: new Date(Date.now() - startsEarlierMs),
    expiresOn: new Date(Date.now() + lifetimeMs),
    protocol,
  });
  const sign = storage.signing === 'shared-key' ? sharedKeySigner(storage) : delegationSigner(storage);
  return { signature, ...sign };
}

type Sign = Omit<Signer, 'signature'>;

function sharedKeySigner(storage: Pick<Storage, 'queues' | 'blobs'>): Sign {
  return {
    queueUrl: async (queue, permissions, signature) =>
      storage.queues.getQueueClient(queue).generateSasUrl({ permissions, ...signature }),
    containerUrl: async (container, permissions, signature) =>
      storage.blobs.getContainerClient(container).generateSasUrl({ permissions, ...signature }),
    blobUrl: async ({ container, blob }, permissions, signature) =>
      storage.blobs
        .getContainerClient(container)
        .getBlobClient(blob)
        .generateSasUrl({ permissions, ...signature }),
  };
}

/** Queues know user delegation since service version 2025-07-05; each service hands out its own key. */
function delegationSigner(storage: Pick<Storage, 'queues' | 'blobs'>): Sign {
  const queueKey = delegationKeys('Queue', (from, to) => storage.queues.getUserDelegationKey(from, to));
  const blobKey = delegationKeys('Blob', (from, to) => storage.blobs.getUserDelegationKey(from, to));
  return {
    async queueUrl(queue, permissions, signature) {
      const options = { permissions, ...signature };
      const key = await queueKey(signature);
      return storage.queues.getQueueClient(queue).generateUserDelegationSasUrl(options, key);
    },
    async containerUrl(container, permissions, signature) {
      const options = { permissions, ...signature };
      const key = await blobKey(signature);
      return storage.blobs.getContainerClient(container).generateUserDelegationSasUrl(options, key);
    },
    async blobUrl({ container, blob }, permissions, signature) {
      const client = storage.blobs.getContainerClient(container).getBlobClient(blob);
      const options = { permissions, ...signature };
      return client.generateUserDelegationSasUrl(options, await blobKey(signature));
    },
  };
}

/** One key serves many signatures: a signature never outlives its key, so a key is asked for twice as long as needed. */
function delegationKeys(
  service: 'Queue' | 'Blob',
  ask: (from: Date, to: Date) => Promise<UserDelegationKey>,
): (signature: Signature) => Promise<UserDelegationKey> {
  let current: { key: Promise<UserDelegationKey>; from: number; to: number } | undefined;
  return async ({ startsOn, expiresOn }) => {
    const lifetimeMs = expiresOn.getTime() - Date.now();
    if (lifetimeMs > maxDelegationMs) {
      throw new RangeError(
        'With a managed identity work access lasts less than 7 days: lower MUSTER_ACCESS_LIFETIME_MS.',
      );
    }
    if (!current || current.from > startsOn.getTime() || current.to < expiresOn.getTime()) {
      const to = Date.now() + Math.min(lifetimeMs * 2, maxDelegationMs);
      current = { key: ask(startsOn, new Date(to)), from: startsOn.getTime(), to };
    }
    try {
      return await current.key;
    } catch (error) {
      current = undefined;
      throw new Error(
        `Azure gave no key to sign work access with. The app's identity needs the roles "Storage ${service} Delegator" ` +
          `and "Storage ${service} Data Contributor" on the storage account, or set AzureWebJobsStorage to a connection string.`,
        { cause: error },
      );
    }
  };
}

import { ContainerSASPermissions, SASProtocol, type UserDelegationKey } from '@azure/storage-blob';
import { QueueSASPermissions } from '@azure/storage-queue';
import { completionsQueue, type WorkAccess } from '../contracts';
import { ownerContainerName, workQueueName } from '../domain';
import type { WorkAccessIssuer } from '../ports';
import type { Storage } from './storage';

/** Clocks of VMs may be behind ours; a signature not valid yet would be refused. */
const startsEarlierMs = 5 * 60_000;
/** Azure gives no user delegation key for longer than seven days, its early start included. */
const maxDelegationMs = 7 * 86_400_000 - startsEarlierMs;

interface Signature {
  startsOn: Date;
  expiresOn: Date;
  protocol: SASProtocol;
}

/** Signs a URL of one queue or one container. */
interface Signer {
  queueUrl(queue: string, permissions: QueueSASPermissions, signature: Signature): Promise<string>;
  containerUrl(
    container: string,
    permissions: ContainerSASPermissions,
    signature: Signature,
  ): Promise<string>;
}

export function createWorkAccessIssuer(
  storage: Pick<Storage, 'queues' | 'blobs' | 'signing'>,
): WorkAccessIssuer {
  const signer = storage.signing === 'shared-key' ? sharedKeySigner(storage) : delegationSigner(storage);
  const protocol = storage.blobs.url.startsWith('http://') ? SASProtocol.HttpsAndHttp : SASProtocol.Https;
  return {
    async issue(owner, lifetimeMs): Promise<WorkAccess> {
      const now = Date.now();
      const expiresOn = new Date(now + lifetimeMs);
      const signature = { startsOn: new Date(now - startsEarlierMs), expiresOn, protocol };
      const [workQueueUrl, completionsQueueUrl, containerUrl] = await Promise.all([
        // Process is get and delete; update renews the task's lease.
        signer.queueUrl(workQueueName(owner), QueueSASPermissions.parse('rup'), signature),
        signer.queueUrl(completionsQueue, QueueSASPermissions.parse('a'), signature),
        signer.containerUrl(ownerContainerName(owner), ContainerSASPermissions.parse('racw'), signature),
      ]);
      return { workQueueUrl, completionsQueueUrl, containerUrl, expiresAt: expiresOn.toISOString() };
    },
  };
}

function sharedKeySigner(storage: Pick<Storage, 'queues' | 'blobs'>): Signer {
  return {
    queueUrl: async (queue, permissions, signature) =>
      storage.queues.getQueueClient(queue).generateSasUrl({ permissions, ...signature }),
    containerUrl: async (container, permissions, signature) =>
      storage.blobs.getContainerClient(container).generateSasUrl({ permissions, ...signature }),
  };
}

/** Queues know user delegation since service version 2025-07-05; each service hands out its own key. */
function delegationSigner(storage: Pick<Storage, 'queues' | 'blobs'>): Signer {
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

import { ContainerSASPermissions } from '@azure/storage-blob';
import { QueueSASPermissions } from '@azure/storage-queue';
import { completionsQueue, type JobPriority, type WorkAccess } from '../contracts';
import { ownerContainerName, workQueueName } from '../domain';
import type { WorkAccessIssuer } from '../ports';
import { createSigner } from './signer';
import type { Storage } from './storage';

export function createWorkAccessIssuer(
  storage: Pick<Storage, 'queues' | 'blobs' | 'signing'>,
): WorkAccessIssuer {
  const signer = createSigner(storage);
  return {
    async issue(owner, lifetimeMs): Promise<WorkAccess> {
      const signature = signer.signature(lifetimeMs);
      // Process is get and delete; update renews the message's lease; add gives away tasks that were not begun.
      const work = (priority: JobPriority): Promise<string> =>
        signer.queueUrl(workQueueName(owner, priority), QueueSASPermissions.parse('raup'), signature);
      const [high, normal, low, completionsQueueUrl, containerUrl] = await Promise.all([
        work('high'),
        work('normal'),
        work('low'),
        signer.queueUrl(completionsQueue, QueueSASPermissions.parse('a'), signature),
        signer.containerUrl(ownerContainerName(owner), ContainerSASPermissions.parse('racwl'), signature),
      ]);
      return {
        workQueueUrls: { high, normal, low },
        completionsQueueUrl,
        containerUrl,
        expiresAt: signature.expiresOn.toISOString(),
      };
    },
  };
}

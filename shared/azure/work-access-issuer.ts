import { ContainerSASPermissions } from '@azure/storage-blob';
import { QueueSASPermissions } from '@azure/storage-queue';
import { completionsQueue, type WorkAccess } from '../contracts';
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
      const [workQueueUrl, completionsQueueUrl, containerUrl] = await Promise.all([
        // Process is get and delete; update renews the task's lease.
        signer.queueUrl(workQueueName(owner), QueueSASPermissions.parse('rup'), signature),
        signer.queueUrl(completionsQueue, QueueSASPermissions.parse('a'), signature),
        signer.containerUrl(ownerContainerName(owner), ContainerSASPermissions.parse('racw'), signature),
      ]);
      return {
        workQueueUrl,
        completionsQueueUrl,
        containerUrl,
        expiresAt: signature.expiresOn.toISOString(),
      };
    },
  };
}

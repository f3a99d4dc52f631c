import type { ContainerClient } from '@azure/storage-blob';
import { bundlePrefix, bundleVariablesBlob, inputsPrefix, type Owner } from '../contracts';
import { ownerContainerName } from '../domain';
import type { JobInputs } from '../ports';
import { forEachBounded } from './bounded';
import type { Storage } from './storage';
import { isAbsent, isConflict, isNoContainer } from './storage-failure';

/** Azure copies so much within one call; more goes on by itself after it. */
const maxSyncCopyBytes = 256 * 2 ** 20;
const concurrentDeletions = 16;

export function createJobInputs(storage: Pick<Storage, 'blobs'>): (owner: Owner) => JobInputs {
  return (owner) => jobInputsIn(storage.blobs.getContainerClient(ownerContainerName(owner)));
}

function jobInputsIn(container: ContainerClient): JobInputs {
  return {
    async copyContent(name, { url, bytes }) {
      const blob = container.getBlobClient(name);
      const conditions = { ifNoneMatch: '*' };
      const copy = async (): Promise<void> => {
        if (bytes <= maxSyncCopyBytes) await blob.syncCopyFromURL(url, { conditions });
        // Not waited for here: the answer's poller would.
        else await blob.beginCopyFromURL(url, { conditions });
      };
      try {
        await inContainer(container, copy);
        return true;
      } catch (error) {
        if (isSourceMissing(error)) return false;
        if (isThere(error)) return true;
        throw error;
      }
    },

    async putVariables(jobId, json) {
      const blobHTTPHeaders = { blobContentType: 'application/json' };
      const blob = container.getBlockBlobClient(bundleVariablesBlob(jobId));
      await inContainer(container, async () => {
        await blob.upload(json, Buffer.byteLength(json), { blobHTTPHeaders });
      });
    },

    async remove(jobId) {
      const names: string[] = [];
      try {
        for (const prefix of [bundlePrefix(jobId), inputsPrefix(jobId)])
          for await (const { name } of container.listBlobsFlat({ prefix })) names.push(name);
      } catch (error) {
        if (isNoContainer(error)) return;
        throw error;
      }
      await forEachBounded(names, concurrentDeletions, async (name) => {
        await container
          .getBlobClient(name)
          .deleteIfExists()
          .catch((error: unknown) => {
            if (!isAbsent(error)) throw error;
          });
      });
    },
  };
}

/** A job may be there before its owner is: the first thing that needs the container makes it. */
async function inContainer(container: ContainerClient, act: () => Promise<void>): Promise<void> {
  await act().catch(async (error: unknown) => {
    if (!isNoContainer(error)) throw error;
    await container.createIfNotExists();
    await act();
  });
}

function isSourceMissing(error: unknown): boolean {
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  // The container that is copied to is there by now: what is missing is the other.
  return isAbsent(error) || isNoContainer(error) || (statusCode === 404 && code === 'CannotVerifyCopySource');
}

/** Copied before, or on its way. */
function isThere(error: unknown): boolean {
  const { code } = error as { code?: string };
  return isConflict(error) || code === 'BlobAlreadyExists' || code === 'PendingCopyOperation';
}

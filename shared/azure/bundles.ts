import type { ContainerClient } from '@azure/storage-blob';
import { BundleDocument, nameKey } from '../contracts';
import type { Bundles } from '../ports';
import { blobPage } from './blob-page';
import { forEachBounded } from './bounded';
import type { Storage } from './storage';
import { isAbsent, isConflict, isNoContainer } from './storage-failure';

const containerName = 'bundles';
const concurrentReads = 16;

/** One blob a bundle, so that a replacement is whole or not at all, and leaves nothing of the old values behind. */
export function createBundles(storage: Pick<Storage, 'blobs'>): Bundles {
  const container = storage.blobs.getContainerClient(containerName);
  const blobOf = (id: string) => container.getBlockBlobClient(`${nameKey(id)}.json`);
  return {
    async put(bundle) {
      const json = JSON.stringify(bundle);
      const blobHTTPHeaders = { blobContentType: 'application/json' };
      await container.createIfNotExists();
      await blobOf(bundle.id).upload(json, Buffer.byteLength(json), { blobHTTPHeaders });
    },

    get: (id) => read(container, `${nameKey(id)}.json`),

    async remove(id) {
      await blobOf(id)
        .deleteIfExists()
        .catch((error: unknown) => {
          if (!isAbsent(error) && !isNoContainer(error)) throw error;
        });
    },

    async removeThis({ id, updatedAt }) {
      try {
        // In this order: what is put in between has another tag.
        const { etag } = await blobOf(id).getProperties();
        const found = await read(container, `${nameKey(id)}.json`);
        if (found?.updatedAt === updatedAt) await blobOf(id).delete({ conditions: { ifMatch: etag! } });
      } catch (error) {
        if (!isAbsent(error) && !isConflict(error)) throw error;
      }
    },

    async page({ top, continuation }) {
      const page = await blobPage(container, { top, continuation });
      const bundles: (BundleDocument | undefined)[] = page.items.map(() => undefined);
      await forEachBounded([...page.items.entries()], concurrentReads, async ([index, { name }]) => {
        bundles[index] = await read(container, name);
      });
      return {
        bundles: bundles.filter((bundle) => bundle !== undefined),
        ...(page.continuation && { continuation: page.continuation }),
      };
    },
  };
}

/** What cannot be read is named without what it says: it holds secrets. */
async function read(container: ContainerClient, name: string): Promise<BundleDocument | undefined> {
  let text: string;
  try {
    text = (await container.getBlobClient(name).downloadToBuffer()).toString();
  } catch (error) {
    if (isAbsent(error) || isNoContainer(error)) return undefined;
    throw error;
  }
  try {
    return BundleDocument.parse(JSON.parse(text));
  } catch {
    throw new Error(`The blob ${name} in ${containerName} is no bundle.`);
  }
}

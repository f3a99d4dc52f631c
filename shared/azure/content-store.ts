import { BlobSASPermissions } from '@azure/storage-blob';
import type { ContentStore } from '../ports';
import { createSigner } from './signer';
import type { Storage } from './storage';
import { isAbsent, isConflict, isNoContainer } from './storage-failure';

const container = 'content';
const blobOf = (sha256: string): string => `sha256/${sha256}`;

export function createContentStore(storage: Pick<Storage, 'blobs' | 'queues' | 'signing'>): ContentStore {
  const blobs = storage.blobs.getContainerClient(container);
  const signer = createSigner(storage);
  return {
    async put(sha256, body) {
      const blob = blobs.getBlockBlobClient(blobOf(sha256));
      const upload = () =>
        blob.uploadData(Buffer.from(body), {
          conditions: { ifNoneMatch: '*' },
          blobHTTPHeaders: { blobContentType: 'application/octet-stream' },
        });
      await blobs.createIfNotExists();
      await upload().catch((error: unknown) => {
        // The same content is there already.
        if (!isConflict(error) && (error as { code?: string }).code !== 'BlobAlreadyExists') throw error;
      });
    },
    async find(sha256) {
      try {
        const found = await blobs.getBlobClient(blobOf(sha256)).getProperties();
        return { bytes: found.contentLength ?? 0, lastModified: found.lastModified!.toISOString() };
      } catch (error) {
        // A HEAD has no body: it does not tell a missing container from a missing blob.
        if (isAbsent(error) || isNoContainer(error)) return undefined;
        throw error;
      }
    },
    async uploadUrl(sha256, lifetimeMs) {
      await blobs.createIfNotExists();
      const signature = signer.signature(lifetimeMs);
      const place = { container, blob: blobOf(sha256) };
      const url = await signer.blobUrl(place, BlobSASPermissions.parse('cw'), signature);
      return { url, expiresAt: signature.expiresOn.toISOString() };
    },
    link: (sha256, lifetimeMs) =>
      signer.blobUrl(
        { container, blob: blobOf(sha256) },
        BlobSASPermissions.parse('r'),
        signer.signature(lifetimeMs),
      ),
    async remove(sha256) {
      await blobs
        .getBlobClient(blobOf(sha256))
        .deleteIfExists()
        .catch((error: unknown) => {
          if (!isAbsent(error) && !isNoContainer(error)) throw error;
        });
    },
  };
}

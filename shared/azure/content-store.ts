import { BlobSASPermissions } from '@azure/storage-blob';
import type { ContentStore } from '../ports';
import { createSigner } from './signer';
import type { Storage } from './storage';
import { isAbsent, isConflict } from './storage-failure';

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
          blobHTTPHeaders: { blobContentType: 'application/gzip' },
        });
      await blobs.createIfNotExists();
      await upload().catch((error: unknown) => {
        // The same content is there already.
        if (!isConflict(error) && (error as { code?: string }).code !== 'BlobAlreadyExists') throw error;
      });
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
          if (!isAbsent(error)) throw error;
        });
    },
  };
}

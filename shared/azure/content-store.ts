import { BlobSASPermissions } from '@azure/storage-blob';
import type { ContentProperties, ContentStore } from '../ports';
import { blobPage } from './blob-page';
import { createSigner } from './signer';
import type { Storage } from './storage';
import { isAbsent, isConflict, isNoContainer } from './storage-failure';

const container = 'content';
const blobOf = (sha256: string): string => `sha256/${sha256}`;

export function createContentStore(storage: Pick<Storage, 'blobs' | 'queues' | 'signing'>): ContentStore {
  const blobs = storage.blobs.getContainerClient(container);
  const signer = createSigner(storage);
  const blobHTTPHeaders = { blobContentType: 'application/octet-stream' };

  const find = async (sha256: string): Promise<ContentProperties | undefined> => {
    try {
      const found = await blobs.getBlobClient(blobOf(sha256)).getProperties();
      return { bytes: found.contentLength ?? 0, lastModified: found.lastModified!.toISOString() };
    } catch (error) {
      // A HEAD has no body: it does not tell a missing container from a missing blob.
      if (isAbsent(error) || isNoContainer(error)) return undefined;
      throw error;
    }
  };
  /** Any change of its properties is one of its last modification. False where there is none. */
  const touch = async (sha256: string): Promise<boolean> => {
    try {
      await blobs.getBlobClient(blobOf(sha256)).setHTTPHeaders(blobHTTPHeaders);
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  };

  return {
    async put(sha256, body) {
      const blob = blobs.getBlockBlobClient(blobOf(sha256));
      const upload = () =>
        blob.uploadData(Buffer.from(body), {
          conditions: { ifNoneMatch: '*' },
          blobHTTPHeaders,
        });
      await blobs.createIfNotExists();
      await upload().catch(async (error: unknown) => {
        if (!isConflict(error) && (error as { code?: string }).code !== 'BlobAlreadyExists') throw error;
        // The same content is there already, or was until now.
        if (!(await touch(sha256))) await upload();
      });
    },
    find,
    async use(sha256, olderThan) {
      const found = await find(sha256);
      if (!found || Date.parse(found.lastModified) >= olderThan.getTime()) return found;
      return (await touch(sha256)) ? found : undefined;
    },
    async page(continuation) {
      const { items, ...rest } = await blobPage(blobs, { prefix: blobOf(''), top: 1000, continuation });
      const contents = items.map(({ name, properties }) => ({
        sha256: name.slice(blobOf('').length),
        lastModified: properties.lastModified.toISOString(),
      }));
      return { contents, ...rest };
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
    async remove(sha256, options) {
      const conditions = options ? { ifUnmodifiedSince: new Date(options.unusedSince) } : {};
      await blobs
        .getBlobClient(blobOf(sha256))
        .deleteIfExists({ conditions })
        .catch((error: unknown) => {
          if (!isAbsent(error) && !isNoContainer(error) && !isConflict(error)) throw error;
        });
    },
  };
}

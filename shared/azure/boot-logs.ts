import type { ContainerClient } from '@azure/storage-blob';
import { bootLogBlob, bootLogFolder, type Owner } from '../contracts';
import { ownerContainerName } from '../domain';
import type { BootLogListing, BootLogs, BootLogSource } from '../ports';
import type { Storage } from './storage';
import { isAbsent, isConflict, isNoContainer } from './storage-failure';

const blobOf = bootLogBlob;

export function createBootLogs(storage: Pick<Storage, 'blobs'>): BootLogs {
  const container = (owner: Owner): ContainerClient =>
    storage.blobs.getContainerClient(ownerContainerName(owner));
  return {
    async prepare(owner) {
      await container(owner).createIfNotExists();
    },

    async append(owner, vmName, { offset, text }) {
      const blob = container(owner).getAppendBlobClient(blobOf(vmName, 'reported'));
      const bytes = Buffer.from(text);
      if (offset === 0) await blob.createIfNotExists();
      try {
        if (bytes.length > 0)
          await blob.appendBlock(bytes, bytes.length, { conditions: { appendPosition: offset } });
        return offset + bytes.length;
      } catch (error) {
        // Appended before, and the answer was lost; or the VM was made anew under its name.
        if (isAbsent(error)) return 0;
        if (!isConflict(error)) throw error;
        return (await blob.getProperties()).contentLength ?? 0;
      }
    },

    async keepConsole(owner, vmName, text) {
      const blob = container(owner).getBlockBlobClient(blobOf(vmName, 'console'));
      await blob.upload(text, Buffer.byteLength(text), {
        blobHTTPHeaders: { blobContentType: 'text/plain; charset=utf-8' },
      });
    },

    async list(owner) {
      const logs: BootLogListing[] = [];
      try {
        for await (const item of container(owner).listBlobsFlat({ prefix: bootLogFolder })) {
          const [, vmName, source] =
            /^boot-logs\/(.+)\/(reported|environment|console)\.log$/.exec(item.name) ?? [];
          if (!vmName) continue;
          const { contentLength = 0, lastModified } = item.properties;
          const updatedAt = lastModified.toISOString();
          logs.push({ vmName, source: source as BootLogSource, bytes: contentLength, updatedAt });
        }
      } catch (error) {
        if (!isNoContainer(error)) throw error;
      }
      return logs;
    },

    async read(owner, vmName, source) {
      try {
        return (await container(owner).getBlobClient(blobOf(vmName, source)).downloadToBuffer()).toString();
      } catch (error) {
        if (isAbsent(error) || isNoContainer(error)) return undefined;
        throw error;
      }
    },
  };
}

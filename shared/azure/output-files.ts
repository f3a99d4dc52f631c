import { BlobSASPermissions, type ContainerClient } from '@azure/storage-blob';
import {
  decodeFilePath,
  encodeFilePath,
  outputFilesPrefix,
  taskPrefix,
  type AttemptName,
  type OutputFileView,
  type Owner,
} from '../contracts';
import { ownerContainerName } from '../domain';
import type { OutputFiles } from '../ports';
import { blobPage } from './blob-page';
import { createSigner, type Signer } from './signer';
import type { Storage } from './storage';
import { isAbsent, isNoContainer } from './storage-failure';

export function createOutputFiles(
  storage: Pick<Storage, 'blobs' | 'queues' | 'signing'>,
): (owner: Owner) => OutputFiles {
  const signer = createSigner(storage);
  return (owner) => outputFilesIn(storage.blobs.getContainerClient(ownerContainerName(owner)), signer);
}

function outputFilesIn(container: ContainerClient, signer: Signer): OutputFiles {
  const nameOf = (attempt: AttemptName, path: string): string =>
    `${outputFilesPrefix(attempt)}${encodeFilePath(path)}`;
  return {
    async listAttempts(jobId, task) {
      const attempts: AttemptName[] = [];
      for (const retry of await foldersIn(container, taskPrefix(jobId, task))) {
        const folder = `${taskPrefix(jobId, task)}${retry}/attempts/`;
        for (const attemptId of await foldersIn(container, folder))
          attempts.push({ jobId, task, retry: Number(retry), attemptId });
      }
      return attempts;
    },

    async page(attempt, { top, continuation }) {
      const prefix = outputFilesPrefix(attempt);
      const page = await blobPage(container, { prefix, top, continuation });
      const files = page.items.map(({ name, properties }) => ({
        name: decodeFilePath(name.slice(prefix.length)),
        bytes: properties.contentLength ?? 0,
        lastModified: properties.lastModified.toISOString(),
      }));
      return { files, ...(page.continuation && { continuation: page.continuation }) };
    },

    async find(attempt, path) {
      try {
        const found = await container.getBlobClient(nameOf(attempt, path)).getProperties();
        const lastModified = found.lastModified!.toISOString();
        return { name: path, bytes: found.contentLength ?? 0, lastModified };
      } catch (error) {
        if (isAbsent(error) || isNoContainer(error)) return undefined;
        throw error;
      }
    },

    async read(attempt, file: OutputFileView, { start, end: asked }) {
      const end = Math.max(start, Math.min(asked ?? file.bytes, file.bytes));
      const body = readBlob(container, nameOf(attempt, file.name), { start, end });
      return { start, end, totalBytes: file.bytes, body };
    },

    async link(attempt, path, lifetimeMs) {
      const signature = signer.signature(lifetimeMs);
      const place = { container: container.containerName, blob: nameOf(attempt, path) };
      const url = await signer.blobUrl(place, BlobSASPermissions.parse('r'), signature);
      return { url, expiresAt: signature.expiresOn.toISOString() };
    },
  };
}

/** Names of what looks like folders right below a prefix, by name. */
async function foldersIn(container: ContainerClient, prefix: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const item of container.listBlobsByHierarchy('/', { prefix }))
      if (item.kind === 'prefix') names.push(item.name.slice(prefix.length, -1));
  } catch (error) {
    if (!isNoContainer(error)) throw error;
  }
  return names;
}

async function* readBlob(
  container: ContainerClient,
  name: string,
  { start, end }: { start: number; end: number },
): AsyncGenerator<Uint8Array> {
  if (end <= start) return;
  const answer = await container.getBlobClient(name).download(start, end - start, { maxRetryRequests: 5 });
  for await (const chunk of answer.readableStreamBody ?? [])
    yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

import type { ContainerClient } from '@azure/storage-blob';
import { isNoContainer } from './storage-failure';

/** Azure takes so many deletions in one call. */
const batchSize = 256;

/** Deletes blobs under a prefix, at most so many; gone meanwhile is no error. Answers whether there was no more. */
export async function removeBlobs(
  container: ContainerClient,
  prefix: string,
  { most, kept }: { most: number; kept: string | undefined },
): Promise<boolean> {
  const names: string[] = [];
  try {
    for await (const { name } of container.listBlobsFlat({ prefix })) {
      if (name !== kept) names.push(name);
      if (names.length > most) break;
    }
  } catch (error) {
    if (!isNoContainer(error)) throw error;
  }
  const removed = names.slice(0, most);
  for (let start = 0; start < removed.length; start += batchSize)
    await removeBatch(container, removed.slice(start, start + batchSize));
  return removed.length === names.length;
}

async function removeBatch(container: ContainerClient, names: string[]): Promise<void> {
  const [only, ...others] = names.map((name) => container.getBlobClient(name));
  if (!only) return;
  if (others.length === 0) return void (await only.deleteIfExists());
  const { subResponses } = await container.getBlobBatchClient().deleteBlobs([only, ...others]);
  const failed = subResponses.find(({ status }) => status >= 300 && status !== 404);
  if (failed)
    throw new Error(`Azure did not delete a blob: ${failed.status} ${failed.errorCode ?? ''}`.trim());
}

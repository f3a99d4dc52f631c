import type { BlobItem, ContainerClient, ContainerListBlobFlatSegmentResponse } from '@azure/storage-blob';
import { isNoContainer } from './storage-failure';

/** One page of a listing, by name; empty where there is no container. Throws RangeError for a continuation that Azure does not know. */
export async function blobPage(
  container: ContainerClient,
  { prefix, top, continuation }: { prefix?: string; top: number; continuation?: string | undefined },
): Promise<{ items: BlobItem[]; continuation?: string }> {
  const pages = container
    .listBlobsFlat(prefix === undefined ? {} : { prefix })
    .byPage({ maxPageSize: top, continuationToken: continuation });
  try {
    const page = (await pages.next()).value as ContainerListBlobFlatSegmentResponse | undefined;
    const next = page?.continuationToken;
    return { items: page?.segment.blobItems ?? [], ...(next && { continuation: next }) };
  } catch (error) {
    if (isNoContainer(error)) return { items: [] };
    if ((error as { statusCode?: number }).statusCode === 400 && continuation)
      throw new RangeError('The continuation is none.', { cause: error });
    throw error;
  }
}

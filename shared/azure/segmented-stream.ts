import type { ContainerClient } from '@azure/storage-blob';
import type { OutputRange, WantedRange } from '../ports';

interface Segment {
  blob: string;
  bytes: number;
}

/**
 * A range of a stream that lies in blobs `{prefix}{number}`, its segments joined. Throws RangeError for a start that is no whole number
 * from 0.
 */
export async function readSegmented(
  container: ContainerClient,
  prefix: string,
  range: WantedRange,
): Promise<OutputRange> {
  if (!Number.isSafeInteger(range.start) || range.start < 0) {
    throw new RangeError(`A stream cannot be read from ${range.start}: the start is a whole number from 0.`);
  }
  // The sizes are taken once: an append blob only grows, so the range stays readable while its writer goes on.
  const segments = range.segments
    ? range.segments.map((bytes, number) => ({ blob: `${prefix}${String(number).padStart(4, '0')}`, bytes }))
    : await listSegments(container, prefix);
  const totalBytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const end = Math.max(range.start, Math.min(range.end ?? totalBytes, totalBytes));
  const body = readSegments(container, segments, { start: range.start, end });
  return { start: range.start, end, totalBytes, body };
}

/** A listing by name is one by number. */
async function listSegments(container: ContainerClient, prefix: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for await (const { name, properties } of container.listBlobsFlat({ prefix })) {
    if (/^\d{4}$/.test(name.slice(prefix.length)))
      segments.push({ blob: name, bytes: properties.contentLength ?? 0 });
  }
  return segments;
}

async function* readSegments(
  container: ContainerClient,
  segments: Segment[],
  range: { start: number; end: number },
): AsyncGenerator<Uint8Array> {
  let segmentStart = 0;
  for (const { blob, bytes } of segments) {
    const from = Math.max(range.start - segmentStart, 0);
    const to = Math.min(range.end - segmentStart, bytes);
    segmentStart += bytes;
    if (from >= to) continue;
    const answer = await container.getBlobClient(blob).download(from, to - from, { maxRetryRequests: 5 });
    for await (const chunk of answer.readableStreamBody ?? []) {
      yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    }
  }
}

import type { BlobItem, ContainerClient } from '@azure/storage-blob';
import type { z } from 'zod';
import {
  JobSpecification,
  outputBlob,
  parseTaskBlob,
  resultBlob,
  specificationBlob,
  attemptPrefix,
  jobPrefix,
  TaskResult,
  taskPrefix,
  type AttemptName,
  type OutputStream,
  type Owner,
} from '../contracts';
import { ownerContainerName } from '../domain';
import type { AttemptListing, JobOutput, TaskListing } from '../ports';
import type { Storage } from './storage';
import { isAbsent, isNoContainer } from './storage-failure';

interface Segment {
  blob: string;
  bytes: number;
}

export function createJobOutput(storage: Pick<Storage, 'blobs'>): (owner: Owner) => JobOutput {
  return (owner) => jobOutputIn(storage.blobs.getContainerClient(ownerContainerName(owner)));
}

function jobOutputIn(container: ContainerClient): JobOutput {
  return {
    async putSpecification(specification) {
      const body = JSON.stringify(specification);
      const blob = container.getBlockBlobClient(specificationBlob(specification.jobId));
      const put = () =>
        blob.upload(body, Buffer.byteLength(body), {
          blobHTTPHeaders: { blobContentType: 'application/json' },
        });
      // A job may be there before its owner is: the first thing that needs the container makes it.
      await put().catch(async (error: unknown) => {
        if (!isNoContainer(error)) throw error;
        await container.createIfNotExists();
        await put();
      });
    },

    async getSpecification(jobId) {
      return readJson(container, specificationBlob(jobId), JobSpecification);
    },

    async getResult(jobId, task, retry) {
      return readJson(container, resultBlob({ jobId, task, retry }), TaskResult);
    },

    async listAttempts(jobId, task) {
      const prefix = task === undefined ? `${jobPrefix(jobId)}tasks/` : taskPrefix(jobId, task);
      return gatherAttempts(container.listBlobsFlat({ prefix }));
    },

    async readStream(attempt, stream, range) {
      if (!Number.isSafeInteger(range.start) || range.start < 0) {
        throw new RangeError(
          `A stream cannot be read from ${range.start}: the start is a whole number from 0.`,
        );
      }
      // The sizes are taken once: an append blob only grows, so the range stays readable while its writer goes on.
      const segments = await listSegments(container, attempt, stream);
      const totalBytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
      const end = Math.max(range.start, Math.min(range.end ?? totalBytes, totalBytes));
      const body = readSegments(container, segments, { start: range.start, end });
      return { start: range.start, end, totalBytes, body };
    },
  };
}

async function readJson<Schema extends z.ZodType>(
  container: ContainerClient,
  blob: string,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  let text: string;
  try {
    text = (await container.getBlobClient(blob).downloadToBuffer()).toString();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`The blob ${blob} is not what its name says it is.`, { cause: error });
  }
}

async function gatherAttempts(blobs: AsyncIterable<BlobItem>): Promise<TaskListing> {
  const attempts = new Map<string, AttemptListing>();
  const results: TaskListing['results'] = [];
  for await (const { name, properties } of blobs) {
    const parsed = parseTaskBlob(name);
    if (!parsed) continue;
    const { jobId, task, retry, attemptId, stream } = parsed;
    if (attemptId === undefined || stream === undefined) {
      results.push({ task, retry });
      continue;
    }
    const createdAt = (properties.createdOn ?? properties.lastModified).toISOString();
    const place = attemptPrefix({ jobId, task, retry, attemptId });
    const attempt = attempts.get(place) ?? {
      jobId,
      task,
      retry,
      attemptId,
      stdoutBytes: 0,
      stderrBytes: 0,
      createdAt,
    };
    attempt[`${stream}Bytes`] += properties.contentLength ?? 0;
    if (createdAt < attempt.createdAt) attempt.createdAt = createdAt;
    attempts.set(place, attempt);
  }
  return { attempts: [...attempts.values()], results };
}

async function listSegments(
  container: ContainerClient,
  attempt: AttemptName,
  stream: OutputStream,
): Promise<Segment[]> {
  const segments: Segment[] = [];
  const prefix = `${attemptPrefix(attempt)}${stream}.`;
  for await (const { name, properties } of container.listBlobsFlat({ prefix })) {
    const segment = parseTaskBlob(name)?.segment;
    if (segment === undefined) continue;
    segments.push({ blob: outputBlob(attempt, stream, segment), bytes: properties.contentLength ?? 0 });
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

import type { BlobItem, ContainerClient } from '@azure/storage-blob';
import type { z } from 'zod';
import {
  JobSpecification,
  cancelBlob,
  parseOutputBlob,
  ResultBatch,
  resultBatchPrefixes,
  resultsPrefix,
  specificationBlob,
  attemptPrefix,
  hundredPrefix,
  jobPrefix,
  taskPrefix,
  type AttemptName,
  type Owner,
} from '../contracts';
import { ownerContainerName } from '../domain';
import type { AttemptListing, JobOutput } from '../ports';
import { removeBlobs } from './remove-blobs';
import { readSegmented } from './segmented-stream';
import type { Storage } from './storage';
import { isAbsent, isNoContainer } from './storage-failure';

export function createJobOutput(storage: Pick<Storage, 'blobs'>): (owner: Owner) => JobOutput {
  return (owner) => jobOutputIn(storage.blobs.getContainerClient(ownerContainerName(owner)));
}

function jobOutputIn(container: ContainerClient): JobOutput {
  return {
    async putSpecification(specification) {
      await putJson(container, specificationBlob(specification.jobId), specification);
    },

    async putCancelMark(jobId, mark) {
      await putJson(container, cancelBlob(jobId), mark);
    },

    async getSpecification(jobId) {
      return readJson(container, specificationBlob(jobId), JobSpecification);
    },

    async listResultBatches(jobId, task) {
      const prefixes = task === undefined ? [resultsPrefix(jobId)] : resultBatchPrefixes(jobId, [task]);
      return (await Promise.all(prefixes.map((prefix) => listNames(container, prefix)))).flat();
    },

    async getResultBatch(blob) {
      return readJson(container, blob, ResultBatch);
    },

    async listAttempts(jobId, part) {
      return gatherAttempts(blobsUnder(container, prefixOf(jobId, part)));
    },

    async readStream(attempt, stream, range) {
      return readSegmented(container, `${attemptPrefix(attempt)}${stream}.`, range);
    },

    async removeJob(jobId, { most, keepMark }) {
      const kept = keepMark ? cancelBlob(jobId) : undefined;
      return removeBlobs(container, jobPrefix(jobId), { most, kept });
    },
  };
}

function prefixOf(jobId: string, part: number | { hundred: number } | undefined): string {
  if (part === undefined) return `${jobPrefix(jobId)}tasks/`;
  return typeof part === 'number' ? taskPrefix(jobId, part) : hundredPrefix(jobId, part.hundred);
}

/** A job may be there before its owner is: the first thing that needs the container makes it. */
async function putJson(container: ContainerClient, name: string, content: object): Promise<void> {
  const body = JSON.stringify(content);
  const blobHTTPHeaders = { blobContentType: 'application/json' };
  const put = () =>
    container.getBlockBlobClient(name).upload(body, Buffer.byteLength(body), { blobHTTPHeaders });
  await put().catch(async (error: unknown) => {
    if (!isNoContainer(error)) throw error;
    await container.createIfNotExists();
    await put();
  });
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

async function gatherAttempts(blobs: AsyncIterable<BlobItem>): Promise<AttemptListing[]> {
  const attempts = new Map<string, AttemptListing>();
  for await (const { name, properties } of blobs) {
    const parsed = parseOutputBlob(name);
    if (!parsed) continue;
    const { stream, segment, ...attemptName } = parsed;
    const createdAt = (properties.createdOn ?? properties.lastModified).toISOString();
    const place = attemptPrefix(attemptName);
    const attempt = attempts.get(place) ?? newListing(attemptName, createdAt);
    const bytes = properties.contentLength ?? 0;
    attempt[`${stream}Bytes`] += bytes;
    attempt.segments[stream][segment] = bytes;
    if (createdAt < attempt.createdAt) attempt.createdAt = createdAt;
    attempts.set(place, attempt);
  }
  return [...attempts.values()];
}

function newListing(name: AttemptName, createdAt: string): AttemptListing {
  return { ...name, stdoutBytes: 0, stderrBytes: 0, createdAt, segments: { stdout: [], stderr: [] } };
}

async function listNames(container: ContainerClient, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of blobsUnder(container, prefix)) names.push(name);
  return names;
}

/** Nothing of an owner that has no container yet. */
async function* blobsUnder(container: ContainerClient, prefix: string): AsyncGenerator<BlobItem> {
  try {
    yield* container.listBlobsFlat({ prefix });
  } catch (error) {
    if (!isNoContainer(error)) throw error;
  }
}

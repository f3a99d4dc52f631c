import type { BlobItem, ContainerClient } from '@azure/storage-blob';
import type { z } from 'zod';
import {
  JobSpecification,
  cancelBlob,
  parseOutputBlob,
  ResultBatch,
  resultsPrefix,
  specificationBlob,
  attemptPrefix,
  jobPrefix,
  taskPrefix,
  type Owner,
} from '../contracts';
import { ownerContainerName } from '../domain';
import type { AttemptListing, JobOutput } from '../ports';
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

    async listResultBatches(jobId) {
      return listNames(container, resultsPrefix(jobId));
    },

    async getResultBatch(blob) {
      return readJson(container, blob, ResultBatch);
    },

    async listAttempts(jobId, task) {
      const prefix = task === undefined ? `${jobPrefix(jobId)}tasks/` : taskPrefix(jobId, task);
      return gatherAttempts(container.listBlobsFlat({ prefix }));
    },

    async readStream(attempt, stream, range) {
      return readSegmented(container, `${attemptPrefix(attempt)}${stream}.`, range);
    },
  };
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
    const { stream, segment: _, ...attemptName } = parsed;
    const createdAt = (properties.createdOn ?? properties.lastModified).toISOString();
    const place = attemptPrefix(attemptName);
    const attempt = attempts.get(place) ?? { ...attemptName, stdoutBytes: 0, stderrBytes: 0, createdAt };
    attempt[`${stream}Bytes`] += properties.contentLength ?? 0;
    if (createdAt < attempt.createdAt) attempt.createdAt = createdAt;
    attempts.set(place, attempt);
  }
  return [...attempts.values()];
}

async function listNames(container: ContainerClient, prefix: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of container.listBlobsFlat({ prefix })) names.push(name);
  } catch (error) {
    if (!isNoContainer(error)) throw error;
  }
  return names;
}

import type { BlobItem, ContainerClient } from '@azure/storage-blob';
import type { z } from 'zod';
import {
  JobSpecification,
  parseTaskBlob,
  resultBlob,
  specificationBlob,
  attemptPrefix,
  jobPrefix,
  TaskResult,
  taskPrefix,
  type Owner,
} from '../contracts';
import { ownerContainerName } from '../domain';
import type { AttemptListing, JobOutput, TaskListing } from '../ports';
import { readSegmented } from './segmented-stream';
import type { Storage } from './storage';
import { isAbsent, isNoContainer } from './storage-failure';

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
      return readSegmented(container, `${attemptPrefix(attempt)}${stream}.`, range);
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

import { createHash, randomBytes } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import {
  bundleFileBlob,
  bundleVariablesBlob,
  decodeFilePath,
  inputBlob,
  jobPrefix,
  outputFilesPrefix,
} from '../../../shared/contracts/blob-names';
import type { SpecifiedBundle } from '../../../shared/contracts/bundles';
import type { SpecifiedInput } from '../../../shared/contracts/files';
import type { TaskResult } from '../../../shared/contracts/work-messages';
import type { JobInput } from './storage';
import type { World } from './world';

export const hashOf = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

export const newJobId = (): string => `job-${randomBytes(4).toString('hex')}`;

async function put(container: ContainerClient, blob: string, body: Buffer | string): Promise<void> {
  await container.getBlockBlobClient(blob).upload(body, Buffer.byteLength(body));
}

type GivenInput =
  | { kind: 'file'; path: string; body: Buffer; executable?: boolean }
  | { kind: 'folder'; path?: string; body: Buffer };

/** Puts contents to where the control plane copies them; what the job's specification says of them. */
export async function giveInputs(
  world: World,
  jobId: string,
  inputs: GivenInput[],
): Promise<SpecifiedInput[]> {
  return Promise.all(
    inputs.map(async ({ body, ...input }) => {
      const sha256 = hashOf(body);
      await put(world.storage.jobs, inputBlob(jobId, sha256), body);
      const sized = { sha256, bytes: body.length };
      return input.kind === 'file'
        ? { executable: false, ...input, ...sized }
        : { path: '.', ...input, ...sized };
    }),
  );
}

export async function giveBundle(
  world: World,
  jobId: string,
  { variables, files }: { variables: object; files: Record<string, Buffer> },
): Promise<SpecifiedBundle> {
  await put(world.storage.jobs, bundleVariablesBlob(jobId), JSON.stringify(variables));
  const specified = Object.entries(files).map(async ([name, body]) => {
    await put(world.storage.jobs, bundleFileBlob(jobId, name), body);
    return { name, sha256: hashOf(body), bytes: body.length };
  });
  return { files: await Promise.all(specified) };
}

/** Submits under an id whose inputs are there. */
export async function submitAs(world: World, jobId: string, input: JobInput): Promise<void> {
  await world.storage.submit(jobId, input);
}

export const shell = (script: string) => ({ script, interpreter: ['/bin/sh'] });

/** What an attempt has left, by its path. */
export async function outputFiles(
  world: World,
  attempt: Pick<TaskResult, 'jobId' | 'task' | 'retry' | 'attemptId'>,
): Promise<Record<string, Buffer>> {
  const prefix = outputFilesPrefix(attempt);
  const found: Record<string, Buffer> = {};
  for await (const { name, properties } of world.storage.jobs.listBlobsFlat({ prefix })) {
    const blob = world.storage.jobs.getBlobClient(name);
    const body = properties.contentLength ? await blob.downloadToBuffer() : Buffer.alloc(0);
    found[decodeFilePath(name.slice(prefix.length))] = body;
  }
  return found;
}

/** Names of all blobs of a job that hold output files, of whatever attempt. */
export async function keptFiles(world: World, jobId: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of world.storage.jobs.listBlobsFlat({ prefix: `${jobPrefix(jobId)}tasks/` }))
    if (name.includes('/outputs/')) found.push(name);
  return found;
}

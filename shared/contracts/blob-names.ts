/**
 * What lies in an owner's container, which is all that the owner's VMs can reach; a prefix lists or deletes a job.
 *
 *   jobs/{jobId}/specification.json
 *   jobs/{jobId}/cancelled.json                                              there: nothing of it is to run any more
 *   jobs/{jobId}/inputs/{sha256}                                             contents that its tasks are given
 *   jobs/{jobId}/bundle/variables.json, .../files/{name}                      its copy of a bundle, until it has ended
 *   jobs/{jobId}/results/{first task}-{last task}.{retry}.{batch}.json         how tasks ended that ended together
 *   jobs/{jobId}/tasks/{task}/{retry}/attempts/{attemptId}/{stream}.{segment}     append blobs
 *   jobs/{jobId}/tasks/{task}/{retry}/attempts/{attemptId}/outputs/{path}          files that it has left
 *   jobs/{jobId}/gangs/{task}/{retry}/{attemptId}/head.json                    who is in a gang, and how it stands; leased by its head
 *   jobs/{jobId}/gangs/{task}/{retry}/{attemptId}/specification.json             for its members
 *   jobs/{jobId}/gangs/{task}/{retry}/{attemptId}/members/{agent}.json           what a member tells; leased by it
 *   jobs/{jobId}/gangs/{task}/{retry}/{attemptId}/launches/{agent}/{n}.json      commands for a member
 *   gangs/forming.json                                                      the gang that forms; its lease is the right to
 *   workers/{worker}/{run}/{stream}.{segment}                                append blobs of a worker's command
 *   boot-logs/{vm}/{reported,environment,console}.log
 */

export type OutputStream = 'stdout' | 'stderr';

/** Names one run of a task on a worker. `retry` counts runs the policy ordered; `attemptId` one delivery of its message. */
export interface AttemptName {
  jobId: string;
  task: number;
  retry: number;
  attemptId: string;
}

const digits = (value: number, width: number): string => String(value).padStart(width, '0');

export function specificationBlob(jobId: string): string {
  return `${jobPrefix(jobId)}specification.json`;
}

export function cancelBlob(jobId: string): string {
  return `${jobPrefix(jobId)}cancelled.json`;
}

export function jobPrefix(jobId: string): string {
  return `jobs/${jobId}/`;
}

/** Zero-padded, so that a listing by name is a listing by number. */
export function taskPrefix(jobId: string, task: number): string {
  return `${jobPrefix(jobId)}tasks/${digits(task, 6)}/`;
}

/** Of a hundred tasks: all whose numbers, of six digits, begin so. */
export function hundredPrefix(jobId: string, hundred: number): string {
  return `${jobPrefix(jobId)}tasks/${digits(hundred, 4)}`;
}

export function resultsPrefix(jobId: string): string {
  return `${jobPrefix(jobId)}results/`;
}

/** Results that were committed together: of one delivery of one message, so of one retry and of numbers less than a hundred apart. */
export interface ResultBatchName {
  jobId: string;
  first: number;
  last: number;
  retry: number;
  /** Tells the batches of all deliveries apart. */
  batchId: string;
}

export function resultBatchBlob({ jobId, first, last, retry, batchId }: ResultBatchName): string {
  const range = `${digits(first, 6)}-${digits(last, 6)}`;
  return `${resultsPrefix(jobId)}${range}.${digits(retry, 3)}.${batchId}.json`;
}

/** Where the names begin of all batches that may hold these tasks. */
export function resultBatchPrefixes(jobId: string, tasks: readonly number[]): string[] {
  const [least, most] = [Math.min(...tasks), Math.max(...tasks)];
  const [from, to] = [Math.max(0, Math.floor((least - 99) / 100)), Math.floor(most / 100)];
  return Array.from({ length: to - from + 1 }, (_, index) => {
    return `${resultsPrefix(jobId)}${digits(from + index, 4)}`;
  });
}

/** The reverse of `resultBatchBlob`; undefined for any other name. */
export function parseResultBatchBlob(blob: string): ResultBatchName | undefined {
  const match = /^jobs\/([^/]+)\/results\/(\d{6})-(\d{6})\.(\d{3})\.([0-9a-z-]+)\.json$/.exec(blob);
  if (!match) return undefined;
  const [, jobId, first, last, retry, batchId] = match;
  return {
    jobId: jobId!,
    first: Number(first),
    last: Number(last),
    retry: Number(retry),
    batchId: batchId!,
  };
}

/** The one place of an owner where a gang calls for members. */
export const gangCallBlob = 'gangs/forming.json';

export function gangPrefix({ jobId, task, retry, attemptId }: AttemptName): string {
  return `${jobPrefix(jobId)}gangs/${digits(task, 6)}/${digits(retry, 3)}/${attemptId}/`;
}

export function gangHeadBlob(gang: AttemptName): string {
  return `${gangPrefix(gang)}head.json`;
}

export function gangMembersPrefix(gang: AttemptName): string {
  return `${gangPrefix(gang)}members/`;
}

export function gangMemberBlob(gang: AttemptName, agentId: string): string {
  return `${gangMembersPrefix(gang)}${agentId}.json`;
}

/** `launch`: counted for each member from 0. */
export function gangLaunchBlob(
  gang: AttemptName,
  { agentId, launch }: { agentId: string; launch: number },
): string {
  return `${gangPrefix(gang)}launches/${agentId}/${digits(launch, 6)}.json`;
}

export function attemptPrefix(name: AttemptName): string {
  return `${taskPrefix(name.jobId, name.task)}${digits(name.retry, 3)}/attempts/${name.attemptId}/`;
}

export function outputFilesPrefix(name: AttemptName): string {
  return `${attemptPrefix(name)}outputs/`;
}

export function inputsPrefix(jobId: string): string {
  return `${jobPrefix(jobId)}inputs/`;
}

export function inputBlob(jobId: string, sha256: string): string {
  return `${inputsPrefix(jobId)}${sha256}`;
}

export function bundlePrefix(jobId: string): string {
  return `${jobPrefix(jobId)}bundle/`;
}

export function bundleVariablesBlob(jobId: string): string {
  return `${bundlePrefix(jobId)}variables.json`;
}

export function bundleFileBlob(jobId: string, name: string): string {
  return `${bundlePrefix(jobId)}files/${encodeFilePath(name)}`;
}

/** Azure's limit of a blob's name. */
export const maxBlobNameLength = 1024;

/**
 * A file's path as part of a blob's name: what Azure or XML would change or refuse ("\\", control characters, "." at the end of a part) is
 * written as %XX, and so is "%".
 */
export function encodeFilePath(path: string): string {
  return path
    .split('/')
    .map((part) =>
      part
        .replace(/[%\\\u0000-\u001f\u007f\ufffe\uffff]/g, (character) => encodeURIComponent(character))
        .replace(/\.$/, '%2E'),
    )
    .join('/');
}

/** The reverse of `encodeFilePath`. */
export function decodeFilePath(encoded: string): string {
  return encoded.replace(/(%[0-9A-F]{2})+/g, (sequence) => decodeURIComponent(sequence));
}

/** An append blob takes 50,000 appends; a longer stream goes on in the next segment. */
export function outputBlob(name: AttemptName, stream: OutputStream, segment: number): string {
  return `${attemptPrefix(name)}${stream}.${digits(segment, 4)}`;
}

export const bootLogFolder = 'boot-logs/';

/** A VM's name comes from the VM: as part of a blob's name it may hold nothing that leads elsewhere. */
export function bootLogBlob(vmName: string, source: 'reported' | 'environment' | 'console'): string {
  return `${bootLogFolder}${vmName.replace(/[^A-Za-z0-9._-]/g, '-')}/${source}.log`;
}

/** One run of a worker's command. `runId` sorts by time. */
export interface CommandRunName {
  worker: string;
  runId: string;
}

export function workerPrefix(worker: string): string {
  return `workers/${worker}/`;
}

export function commandRunPrefix({ worker, runId }: CommandRunName): string {
  return `${workerPrefix(worker)}${runId}/`;
}

export function commandOutputBlob(run: CommandRunName, stream: OutputStream, segment: number): string {
  return `${commandRunPrefix(run)}${stream}.${digits(segment, 4)}`;
}

/** Ordered by delivery, unique per task and delivery: Azure raises the dequeue count each time a message is handed out. */
export function attemptIdOf(message: { dequeueCount: number; messageId: string }, task: number): string {
  return `${digits(message.dequeueCount, 3)}-${message.messageId.replaceAll('-', '').slice(0, 12)}-${task}`;
}

/** The reverse of `outputBlob`; undefined for any other name. */
export function parseOutputBlob(
  blob: string,
): (AttemptName & { stream: OutputStream; segment: number }) | undefined {
  const match = /^jobs\/([^/]+)\/tasks\/(\d{6})\/(\d{3})\/attempts\/([^/]+)\/(stdout|stderr)\.(\d{4})$/.exec(
    blob,
  );
  if (!match) return undefined;
  const [, jobId, task, retry, attemptId, stream, segment] = match;
  return {
    jobId: jobId!,
    task: Number(task),
    retry: Number(retry),
    attemptId: attemptId!,
    stream: stream as OutputStream,
    segment: Number(segment),
  };
}

/**
 * What lies in an owner's container, which is all that the owner's VMs can reach; a prefix lists or deletes a job.
 *
 *   jobs/{jobId}/specification.json
 *   jobs/{jobId}/tasks/{task}/{retry}/result.json                            created only if absent: commits the task's retry
 *   jobs/{jobId}/tasks/{task}/{retry}/attempts/{attemptId}/{stream}.{segment}     append blobs
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

export function jobPrefix(jobId: string): string {
  return `jobs/${jobId}/`;
}

/** Zero-padded, so that a listing by name is a listing by number. */
export function taskPrefix(jobId: string, task: number): string {
  return `${jobPrefix(jobId)}tasks/${digits(task, 6)}/`;
}

export function resultBlob(name: Omit<AttemptName, 'attemptId'>): string {
  return `${taskPrefix(name.jobId, name.task)}${digits(name.retry, 3)}/result.json`;
}

export function attemptPrefix(name: AttemptName): string {
  return `${taskPrefix(name.jobId, name.task)}${digits(name.retry, 3)}/attempts/${name.attemptId}/`;
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

/** Ordered by delivery, unique per delivery: Azure raises the dequeue count each time a message is handed out. */
export function attemptIdOf(message: { dequeueCount: number; messageId: string }): string {
  return `${digits(message.dequeueCount, 3)}-${message.messageId.replaceAll('-', '').slice(0, 12)}`;
}

/** The reverse of `resultBlob` and `outputBlob`; undefined for any other name. */
export function parseTaskBlob(blob: string):
  | {
      jobId: string;
      task: number;
      retry: number;
      attemptId?: string;
      stream?: OutputStream;
      segment?: number;
    }
  | undefined {
  const match =
    /^jobs\/([^/]+)\/tasks\/(\d{6})\/(\d{3})\/(?:result\.json|attempts\/([^/]+)\/(stdout|stderr)\.(\d{4}))$/.exec(
      blob,
    );
  if (!match) return undefined;
  const [, jobId, task, retry, attemptId, stream, segment] = match;
  const base = { jobId: jobId!, task: Number(task), retry: Number(retry) };
  return attemptId ? { ...base, attemptId, stream: stream as OutputStream, segment: Number(segment) } : base;
}

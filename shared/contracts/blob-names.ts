/**
 * Where a job's data lies. One container; every name starts with the job's id, so that a prefix lists or deletes a job.
 *
 *   {jobId}/specification.json
 *   {jobId}/tasks/{task}/{retry}/result.json                                 created only if absent: commits the task's retry
 *   {jobId}/tasks/{task}/{retry}/attempts/{attemptId}/{stream}.{segment}     append blobs
 */
export const jobsContainer = 'jobs';

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
  return `${jobId}/specification.json`;
}

/** Zero-padded, so that a listing by name is a listing by number. */
export function taskPrefix(jobId: string, task: number): string {
  return `${jobId}/tasks/${digits(task, 6)}/`;
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
    /^([^/]+)\/tasks\/(\d{6})\/(\d{3})\/(?:result\.json|attempts\/([^/]+)\/(stdout|stderr)\.(\d{4}))$/.exec(
      blob,
    );
  if (!match) return undefined;
  const [, jobId, task, retry, attemptId, stream, segment] = match;
  const base = { jobId: jobId!, task: Number(task), retry: Number(retry) };
  return attemptId ? { ...base, attemptId, stream: stream as OutputStream, segment: Number(segment) } : base;
}

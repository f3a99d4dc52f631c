import type {
  AttemptView,
  CancelRequest,
  JobRequest,
  JobState,
  JobView,
  OutputStream,
  SubmissionState,
  SubmissionView,
  TaskView,
} from '../shared/contracts';
import type { z } from 'zod';
import { followEvents, followPath, type FollowEvent, type FollowOptions } from './follow';
import { keyHeader } from './idempotency-key';
import { VirtualMachineCalls } from './virtual-machine-calls';

/** One stream of one task. */
export interface OutputAddress {
  task: number;
  stream: OutputStream;
  /** Byte to begin with; 0 where absent. */
  offset?: number;
  /** At most so many bytes; all there are where absent. */
  length?: number;
  attempt?: string;
}

/** Part of a stream: of which attempt, where to read on, and how many bytes the stream has by now. */
export interface OutputPart {
  bytes: Uint8Array;
  attempt: string | null;
  nextOffset: number;
  totalBytes: number;
}

/** What a list of jobs is narrowed by; a job has to meet all that is given. */
export interface JobListFilter {
  /** One of these. */
  state?: JobState[];
  /** Beginning of the name. */
  name?: string;
  scaleSet?: string;
  virtualMachine?: string;
}

/** Jobs, their tasks and their output. */
export abstract class JobCalls extends VirtualMachineCalls {
  abstract withSignal(signal: AbortSignal | undefined): JobCalls;

  /** `idempotencyKey`: a repeated call with the same key answers the same job. */
  submitJob(
    request: z.input<typeof JobRequest>,
    options: { idempotencyKey?: string } = {},
  ): Promise<JobView> {
    const headers = keyHeader(options.idempotencyKey);
    return this.json('POST', '/api/jobs', { body: request, headers });
  }
  getJob(id: string): Promise<JobView | undefined> {
    return this.find(`/api/jobs/${id}`);
  }
  /** Returns once the job has ended, or as it stands after `timeoutSeconds` (at most 200). */
  waitForJob(id: string, timeoutSeconds: number): Promise<JobView> {
    return this.json('GET', `/api/jobs/${id}/wait?timeoutSeconds=${timeoutSeconds}`);
  }
  /** Newest first, every page. */
  listJobs(filter: JobListFilter = {}): Promise<JobView[]> {
    return this.listAll(jobsPath(filter));
  }
  /** Newest first; a page is asked for when its first job is. */
  iterateJobs(filter: JobListFilter = {}): AsyncGenerator<JobView, void, undefined> {
    return this.iterate(jobsPath(filter));
  }
  /** What runs gets SIGTERM, and after the grace SIGKILL. A repeat is no error; a job that has ended is 409. */
  cancelJob(id: string, request: z.input<typeof CancelRequest> = {}): Promise<JobView> {
    return this.json('POST', `/api/jobs/${id}/cancel`, { body: request, isRepeatable: true });
  }
  listTasks(id: string): Promise<TaskView[]> {
    return this.listAll(`/api/jobs/${id}/tasks`);
  }
  iterateTasks(id: string): AsyncGenerator<TaskView, void, undefined> {
    return this.iterate(`/api/jobs/${id}/tasks`);
  }
  /** Part of a stream, and where it stands. Without an output yet: no bytes, of no attempt. */
  async readOutputPart(id: string, part: OutputAddress & { length: number }): Promise<OutputPart> {
    const response = await this.send('GET', outputPath(id, part));
    const { headers } = response;
    const attempt = headers.get('x-muster-attempt');
    return {
      bytes: new Uint8Array(await response.arrayBuffer()),
      attempt: attempt === 'none' ? null : attempt,
      nextOffset: Number(headers.get('x-muster-next-offset')),
      totalBytes: Number(headers.get('x-muster-total-bytes')),
    };
  }
  /** A stream's bytes so far, from `offset`: of the attempt that counts, or of the one named. */
  async readOutput(id: string, address: OutputAddress): Promise<Uint8Array> {
    const response = await this.send('GET', outputPath(id, address));
    return new Uint8Array(await response.arrayBuffer());
  }
  /** Output as it comes, until the task or the job has ended; connects again by itself. */
  followOutput(id: string, options: FollowOptions = {}): AsyncGenerator<FollowEvent> {
    const { signal } = options;
    const path = followPath(id, options);
    const accept = { accept: 'text/event-stream' };
    return followEvents(
      (headers) =>
        this.withSignal(signal).send('GET', path, { headers: { ...accept, ...headers }, isStream: true }),
      options,
    );
  }
  /** Every attempt of a task that is known, oldest first. */
  listAttempts(id: string, task: number): Promise<AttemptView[]> {
    return this.listAll(`/api/jobs/${id}/tasks/${task}/attempts`);
  }
  /** Newest first: what became of messages of the queue of submissions. */
  iterateSubmissions(state?: SubmissionState): AsyncGenerator<SubmissionView, void, undefined> {
    return this.iterate(`/api/submissions${state === undefined ? '' : `?state=${state}`}`);
  }
  /** Undefined where none of the id was taken yet, or it was settled long ago. */
  getSubmission(id: string): Promise<SubmissionView | undefined> {
    return this.find(`/api/submissions/${id}`);
  }
  /** Of a job that has ended: its output and all that is known of it. */
  async deleteJob(id: string): Promise<void> {
    const response = await this.send('DELETE', `/api/jobs/${id}`);
    await response.arrayBuffer();
  }
}

function outputPath(id: string, { task, stream, offset = 0, length, attempt }: OutputAddress): string {
  const query = new URLSearchParams({ offset: String(offset) });
  if (length !== undefined) query.set('length', String(length));
  if (attempt !== undefined) query.set('attempt', attempt);
  return `/api/jobs/${id}/tasks/${task}/${stream}?${query.toString()}`;
}

function jobsPath({ state, name, scaleSet, virtualMachine }: JobListFilter): string {
  const given = { state: state?.join(','), name, scaleSet, virtualMachine };
  const query = new URLSearchParams();
  for (const [field, value] of Object.entries(given)) if (value !== undefined) query.set(field, value);
  return `/api/jobs?${query.toString()}`;
}

import type { z } from 'zod';
import type {
  AttemptView,
  CancelRequest,
  JobState,
  JobView,
  OutputFileView,
  OutputStream,
  TaskView,
} from '../shared/contracts';
import { MusterError, waitTimedOut } from './errors';
import type { FollowEvent, FollowOptions } from './follow';
import type { MusterClient } from './muster-client';
import type { CallOptions } from './scale-set';
import { failuresNamed, howItStands, JobFailedError } from './task-failure';
import { deadlineOf, patiently, secondsLeft, type WaitOptions } from './waiting';

/** Which output, and from which byte; where absent, all of task 0's stdout. */
export interface OutputOptions extends CallOptions {
  task?: number;
  stream?: OutputStream;
  offset?: number;
  /** @default the one that counts */
  attempt?: string;
}

/** One answer of the control plane may take so long: less than Azure's limit. */
const waitSeconds = 100;
const partBytes = 8 * 1024 * 1024;

/** A job by its id. */
export class Job {
  constructor(
    private readonly client: MusterClient,
    readonly id: string,
  ) {}

  /** Rejects with MusterError 404 where there is none. */
  get({ signal }: CallOptions = {}): Promise<JobView> {
    return this.client.withSignal(signal).waitForJob(this.id, 0);
  }

  async status(options: CallOptions = {}): Promise<JobState> {
    return (await this.get(options)).state;
  }

  /** Returns the job once it has ended, however it did. */
  async wait(options: WaitOptions = {}): Promise<JobView> {
    const deadline = deadlineOf(options);
    const client = this.client.withSignal(options.signal);
    for (;;) {
      const view = await patiently(options, deadline, () =>
        client.waitForJob(this.id, secondsLeft(deadline, waitSeconds)),
      );
      if (view.endedAt !== null) return view;
      if (Date.now() >= deadline) throw waitTimedOut(`Time was up: job '${this.id}' ${howItStands(view)}.`);
    }
  }

  /** Returns the job once it has succeeded. Rejects with JobFailedError, which says how each failed task failed, where it ends otherwise. */
  async waitForSuccess(options: WaitOptions = {}): Promise<JobView> {
    const view = await this.wait(options);
    if (view.state === 'succeeded') return view;
    throw new JobFailedError(view, await this.failures(options));
  }

  /** Its tasks by their number. */
  tasks({ signal }: CallOptions = {}): AsyncGenerator<TaskView, void, undefined> {
    return this.client.withSignal(signal).iterateTasks(this.id);
  }

  /** Failed tasks by their number, at most 20. */
  async failures(options: CallOptions = {}): Promise<TaskView[]> {
    const failures: TaskView[] = [];
    for await (const task of this.tasks(options)) {
      if (task.state === 'failed') failures.push(task);
      if (failures.length === failuresNamed) break;
    }
    return failures;
  }

  /** Text so far; all of it once the task has ended. */
  async stdout(task = 0, options: CallOptions = {}): Promise<string> {
    return Buffer.from(await this.output({ ...options, task, stream: 'stdout' })).toString();
  }

  async stderr(task = 0, options: CallOptions = {}): Promise<string> {
    return Buffer.from(await this.output({ ...options, task, stream: 'stderr' })).toString();
  }

  /** A stream's bytes so far. */
  async output({
    task = 0,
    stream = 'stdout',
    offset = 0,
    attempt,
    signal,
  }: OutputOptions = {}): Promise<Uint8Array> {
    const client = this.client.withSignal(signal);
    const parts: Uint8Array[] = [];
    for (let from = offset; ;) {
      const part = await client.readOutputPart(this.id, {
        task,
        stream,
        offset: from,
        length: partBytes,
        attempt,
      });
      parts.push(part.bytes);
      if (part.nextOffset >= part.totalBytes || part.nextOffset <= from) return Buffer.concat(parts);
      from = part.nextOffset;
    }
  }

  /** A stream's bytes as they are written; ends when the task has ended. A task that is run again begins its output anew. */
  async *follow({ task = 0, stream = 'stdout', ...options }: OutputOptions = {}): AsyncGenerator<Uint8Array> {
    for await (const event of this.events({ task, stream, ...options }))
      if (event.event === 'output') yield event.bytes;
  }

  /** What happens to its output, to the last event, `end`: of one stream, of a task, or (with neither) of the whole job. */
  events(options: FollowOptions = {}): AsyncGenerator<FollowEvent> {
    return this.client.followOutput(this.id, options);
  }

  /** Every run of a task that is known, oldest first. */
  attempts(task = 0, { signal }: CallOptions = {}): Promise<AttemptView[]> {
    return this.client.withSignal(signal).listAttempts(this.id, task);
  }

  /** Files that a task has left, by name. */
  outputs({ task = 0, attempt, signal }: Omit<OutputOptions, 'stream' | 'offset'> = {}): Promise<
    OutputFileView[]
  > {
    return this.client
      .withSignal(signal)
      .listOutputs(this.id, { task, ...(attempt !== undefined && { attempt }) });
  }

  /** One of those files, as it comes from storage. */
  openOutput(
    path: string,
    { task = 0, attempt, signal }: Omit<OutputOptions, 'stream' | 'offset'> = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const address = { task, path, ...(attempt !== undefined && { attempt }) };
    return this.client.withSignal(signal).openOutputFile(this.id, address);
  }

  /** Of a job that has ended: its output goes, and all that is known of it. */
  delete({ signal }: CallOptions = {}): Promise<void> {
    return this.client.withSignal(signal).deleteJob(this.id);
  }

  /** What runs gets SIGTERM, and after the grace SIGKILL. Of a job that has ended: nothing. */
  async cancel({ signal, ...request }: z.input<typeof CancelRequest> & CallOptions = {}): Promise<JobView> {
    try {
      return await this.client.withSignal(signal).cancelJob(this.id, request);
    } catch (error) {
      if (!(error instanceof MusterError) || error.code !== 'JobEnded') throw error;
      return this.get({ signal });
    }
  }
}

import type { z } from 'zod';
import type { CancelRequest, JobState, JobView, OutputStream, TaskView } from '../shared/contracts';
import { MusterError, waitTimedOut } from './errors';
import type { FollowOutput } from './follow-output';
import type { MusterClient } from './muster-client';
import type { CallOptions } from './scale-set';
import { failuresNamed, JobFailedError } from './task-failure';
import { deadlineOf, patiently, reasonOf, secondsLeft, type WaitOptions } from './waiting';

/** Which output, and from which byte; where absent, all of task 0's stdout. */
export interface OutputOptions extends CallOptions {
  task?: number;
  stream?: OutputStream;
  offset?: number;
}

/** One answer of the control plane may take so long: less than Azure's limit. */
const waitSeconds = 100;
const partBytes = 8 * 1024 * 1024;

/** A job by its id. */
export class Job {
  constructor(
    private readonly client: MusterClient,
    readonly id: string,
    private readonly followOutput: FollowOutput,
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
      if (Date.now() >= deadline)
        throw waitTimedOut(`Time was up: job '${this.id}' is ${view.state}${reasonOf(view.condition)}.`);
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
  async output({ task = 0, stream = 'stdout', offset = 0, signal }: OutputOptions = {}): Promise<Uint8Array> {
    const client = this.client.withSignal(signal);
    const parts: Uint8Array[] = [];
    for (let from = offset; ;) {
      const part = await client.readOutputPart(this.id, { task, stream, offset: from, length: partBytes });
      parts.push(part.bytes);
      if (part.nextOffset >= part.totalBytes || part.nextOffset <= from) return Buffer.concat(parts);
      from = part.nextOffset;
    }
  }

  /** A stream's bytes as they are written; ends when the task has ended. A task that is run again begins its output anew. */
  follow({ task = 0, stream = 'stdout', offset = 0, signal }: OutputOptions = {}): AsyncIterable<Uint8Array> {
    return this.followOutput(this.id, { task, stream, offset, signal });
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

import type {
  JobSpecification,
  OutputStream,
  TaskMessage,
  CancelMark,
  ResultBatch,
  WorkAccess,
  AttemptName,
  CommandRunName,
  Owner,
} from '../contracts';

/** The work queues: one per owner, and the completions queue of all. */
export interface WorkQueue {
  /** Creates the queue; there already is no error. */
  create(queue: string): Promise<void>;
  /**
   * Adds all, a bounded number of calls at once, and makes the queue where there is none. A repeat after a failure may add some twice:
   * results are committed once. They are seen after `delayMs`, at most seven days.
   */
  enqueue(queue: string, messages: TaskMessage[], options?: { delayMs?: number }): Promise<void>;
  /** Whether no message is in it, seen or held by a worker; no queue: none. */
  isEmpty(queue: string): Promise<boolean>;
  /** Removes the queue and what is in it; gone is no error. */
  remove(queue: string): Promise<void>;
}

/** One attempt's blobs as listed. */
export interface AttemptListing extends AttemptName {
  stdoutBytes: number;
  stderrBytes: number;
  createdAt: string;
  /** Bytes of each segment, by which a stream may be read without another listing. */
  segments: Record<OutputStream, number[]>;
}

/** What is wanted of a stream: [start, end), an `end` beyond what is there is cut. `segments`: their bytes, where they are known. */
export interface WantedRange {
  start: number;
  end?: number;
  segments?: readonly number[];
}

/** A byte range of a stream, the blob's segments joined. `end` is exclusive. */
export interface OutputRange {
  start: number;
  end: number;
  /** Bytes written so far in the whole stream. */
  totalBytes: number;
  body: AsyncIterable<Uint8Array>;
}

/** Specifications, results and output of one owner's jobs, in blobs (`contracts/blob-names.ts` says where). */
export interface JobOutput {
  putSpecification(specification: JobSpecification): Promise<void>;
  getSpecification(jobId: string): Promise<JobSpecification | undefined>;
  /** Names of the blobs with results, by task; of one task: of those that may hold its. */
  listResultBatches(jobId: string, task?: number): Promise<string[]>;
  /** Undefined where there is no such blob. */
  getResultBatch(blob: string): Promise<ResultBatch | undefined>;
  /** Attempts of one task, of a hundred tasks, or of a whole job, whose output lies in blobs. */
  listAttempts(jobId: string, part?: number | { hundred: number }): Promise<AttemptListing[]>;
  /** Tells the job's VMs that nothing of it is to run any more. `graceMs`: between SIGTERM and SIGKILL. */
  putCancelMark(jobId: string, mark: CancelMark): Promise<void>;
  /** A stream without a blob has 0 bytes. */
  readStream(attempt: AttemptName, stream: OutputStream, range: WantedRange): Promise<OutputRange>;
  /**
   * Deletes what lies under the job's prefix, at most so many blobs. `keepMark`: all but the cancel mark. Answers whether there was no more.
   */
  removeJob(jobId: string, options: { most: number; keepMark: boolean }): Promise<boolean>;
}

/** Output of workers' commands, in an owner's container. */
export interface CommandOutput {
  /** Runs of a worker's command, oldest first; also of one that is gone. */
  listRuns(worker: string): Promise<string[]>;
  readStream(
    run: CommandRunName,
    stream: OutputStream,
    range: { start: number; end?: number },
  ): Promise<OutputRange>;
}

/** Makes the short-lived, narrow URLs that an agent works with. */
export interface WorkAccessIssuer {
  issue(owner: Owner, lifetimeMs: number): Promise<WorkAccess>;
}

import type { JobTarget, Owner, TaskEnd } from '../../contracts';
import type { JobStatus } from './plan';

/** A job as submitted. Written once by the API. Table `jobs`, partition `job`. The run itself is in its specification blob. */
export interface JobRow {
  jobId: string;
  name: string | null;
  target: JobTarget;
  owner: Owner;
  taskCount: number;
  createdAt: string;
  /** Of the request: tells a resent submission from another one under the same idempotency key. */
  requestHash: string;
}

/** The outcome of one task. Table `tasks`, partition: the job's id, key: the task's number, zero-padded. */
export interface TaskRow {
  task: number;
  retry: number;
  attemptId: string;
  worker: string;
  hasSucceeded: boolean;
  end: TaskEnd;
  exitCode: number | null;
  signal: string | null;
  message: string;
  startedAt: string;
  endedAt: string;
}

export function taskKey(task: number): string {
  return String(task).padStart(6, '0');
}

export function newJobStatus(taskCount: number): JobStatus {
  const tasks = { total: taskCount, succeeded: 0, failed: 0 };
  return {
    state: 'starting',
    tasks,
    enqueuedTo: 0,
    startedAt: null,
    endedAt: null,
    condition: null,
    scannedAt: null,
  };
}

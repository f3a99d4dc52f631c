import { z } from 'zod';
import {
  Condition,
  Dependency,
  JobPriority,
  JobState,
  RetryPolicy,
  TaskCounts,
  type JobSpecification,
  type Owner,
  type ReplyPointer,
  type TaskResult,
} from '../../contracts';
import type { VirtualMachineRow } from '../rows';

/** How a job is to be run, apart from what its tasks do. */
export const JobPolicy = z.object({
  retry: RetryPolicy.nullable(),
  maxRunning: z.int().nullable(),
  timeoutMs: z.int().nullable(),
  priority: JobPriority,
  /** VMs that each task takes at once; absent: one. */
  nodes: z.int().optional(),
  dependsOn: z.array(Dependency),
});
export type JobPolicy = z.infer<typeof JobPolicy>;

/** Why and when a job is to end before its tasks have. */
export const JobCancel = z.object({
  at: z.string(),
  code: z.enum(['CancelRequested', 'JobTimedOut']),
  message: z.string(),
  graceMs: z.int().nullable(),
});
export type JobCancel = z.infer<typeof JobCancel>;

/** A submission that is to be told of the job's end, and where. */
export interface JobReply {
  submissionId: string;
  replyTo: ReplyPointer;
}

/** A job as submitted. Written by the API alone. Table `jobs`, partition `job`. */
export interface JobRow {
  jobId: string;
  name: string | null;
  owner: Owner;
  taskCount: number;
  createdAt: string;
  /** Of the request: tells a resent submission from another one under the same idempotency key. */
  requestHash: string;
  /** null: too long for a row; it is in its blob. */
  specification: JobSpecification | null;
  policy: JobPolicy;
  /** The VM that is made for it; its row, as it is to be written. */
  ownTarget: VirtualMachineRow | null;
  /** Its own VM stays when it has ended. */
  persist: boolean;
  cancel: JobCancel | null;
  /** Copies of contents or of a bundle lie in its folder, and go with its end. */
  hasInputs?: boolean;
  /** Absent where it came by HTTP alone. */
  replies?: JobReply[];
  /** How long it is kept after its end; null: for good. */
  keepMs: number | null;
  /** Row of its idempotency key; null: it has none. */
  key: string | null;
  /** Its tasks get tokens; what it makes by them goes with it. */
  controlPlaneAccess?: true;
  /** The job that submitted it, through its token. */
  submittedByJob?: string;
}

/** Tasks that ended for good, of a part of the job whose every task has. */
export const ClosedBlock = z.object({ succeeded: z.int(), failed: z.int() });

/** How a job stands. Written by its orchestrator alone. Table `jobs`, partition `status`. */
export const JobStatus = z.object({
  state: JobState,
  tasks: TaskCounts,
  /** Tasks [0, enqueuedTo) are on the queue. */
  enqueuedTo: z.int(),
  /** Blocks of a thousand tasks that have all ended, by number: their rows are not read again. */
  closed: z.record(z.string(), ClosedBlock),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  condition: Condition.nullable(),
  /** When the result blobs were last listed for lost completions. */
  scannedAt: z.string().nullable(),
  /** When a task last ended, or was sent. */
  progressAt: z.string().nullable(),
  /** The row of its own VM was written. */
  hasMadeTarget: z.boolean(),
  /** What ends it early. */
  cancel: JobCancel.nullable(),
});
export type JobStatus = z.infer<typeof JobStatus>;

export function newJobStatus({ taskCount, policy }: Pick<JobRow, 'taskCount' | 'policy'>): JobStatus {
  return {
    state: policy.dependsOn.length > 0 ? 'waiting' : 'starting',
    tasks: { total: taskCount, succeeded: 0, failed: 0 },
    enqueuedTo: 0,
    closed: {},
    startedAt: null,
    endedAt: null,
    condition: null,
    scannedAt: null,
    progressAt: null,
    hasMadeTarget: false,
    cancel: null,
  };
}

/**
 * How one retry of a task ended; null: it was sent, and perhaps has not. The first such row counts, and is never changed. Table `tasks`,
 * partition: `taskPartition`, key: `taskKey`.
 */
export interface TaskRow {
  task: number;
  retry: number;
  outcome: TaskOutcome | null;
}
export interface TaskOutcome extends Omit<TaskResult, 'version' | 'jobId' | 'task' | 'retry'> {
  /** Name of the blob that keeps its result. */
  batch: string;
}

/** A job's tasks lie under its owner too, so that no VM of another owner can tell of them. */
export function taskPartition({
  jobId,
  owner,
}: {
  jobId: string;
  owner: Pick<Owner, 'incarnation'>;
}): string {
  return `${jobId}:${owner.incarnation}`;
}

/** The rows of one task, and of a block of tasks, share their beginnings. */
export function taskKeyPrefix(task: number): string {
  return `${String(task).padStart(6, '0')}.`;
}

export function taskKey(task: number, retry: number): string {
  return `${taskKeyPrefix(task)}${String(retry).padStart(3, '0')}`;
}

/** Of the row that tells that a further retry was sent, beside the one that tells how it ended. */
export function sentKey(task: number, retry: number): string {
  return `${taskKey(task, retry)}-sent`;
}

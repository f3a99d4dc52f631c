import { z } from 'zod';
import { maxKeepMs } from './bundles';
import { Condition } from './condition';
import { Inputs } from './files';
import { EnvironmentVariables, maxTasks, Run, Timeout } from './job-specification';
import { Nodes } from './gangs';
import { Mpi } from './mpi';
import { JobId, JobPriority, ResourceName } from './names';
import { OwnVirtualMachine } from './virtual-machines';
import { TaskEnd } from './work-messages';

/** Where a job runs: on a scale set, on a VM that is there, or on a VM of its own, made for it. */
export const JobTarget = z.union([
  z.strictObject({ scaleSet: ResourceName }),
  z.strictObject({ virtualMachine: ResourceName }),
  OwnVirtualMachine,
]);
export type JobTarget = z.infer<typeof JobTarget>;

/** When a task that has failed is run again. An eviction or a lost VM is none of these: its task runs elsewhere anyhow. */
export const RetryPolicy = z.strictObject({
  /** Runs after the first. */
  limit: z.int().min(1).max(100),
  /** Exit codes that mean it; absent: every failure but one that another run would meet again. */
  exitCodes: z.array(z.int().min(1).max(255)).min(1).max(255).optional(),
  /** Pause before each. */
  delayMs: z.int().min(0).max(86_400_000).default(0),
});
export type RetryPolicy = z.infer<typeof RetryPolicy>;

/** A job that has to have ended before. `succeeded`: where it ended otherwise, this one fails. */
export const Dependency = z.strictObject({
  job: JobId,
  outcome: z.enum(['succeeded', 'ended']).default('succeeded'),
});
export type Dependency = z.infer<typeof Dependency>;

/** POST /api/jobs. With `array` the run is repeated `count` times, each with its MUSTER_TASK_INDEX from 0. */
export const JobRequest = z.strictObject({
  name: z.string().min(1).max(200).optional(),
  target: JobTarget,
  run: Run,
  array: z.strictObject({ count: z.int().min(1).max(maxTasks) }).optional(),
  environmentVariables: EnvironmentVariables.default({}),
  /** Each task under `mpiexec`. */
  mpi: Mpi.optional(),
  /**
   * Each task takes so many workers of the scale set at once, each on a VM of its own: all or none. It runs on one of them, with
   * MUSTER_NODES, MUSTER_NODE_ADDRESSES, MUSTER_HOSTFILE and MUSTER_LAUNCH_AGENT (a program that runs a command on another of its VMs:
   * `$MUSTER_LAUNCH_AGENT HOST COMMAND…`); `mpiexec` is told of them, the job's and its own.
   */
  nodes: Nodes.optional(),
  /** Absolute, or relative to the task's own new folder. */
  workingDirectory: z.string().min(1).max(4096).optional(),
  /** What each task finds below its working folder, by hash: sent before by POST /api/contents. */
  inputs: Inputs.optional(),
  /** Its variables and files, as it is now, are sent along: later changes of it do not reach the job. */
  bundle: ResourceName.optional(),
  /** Strikes the values of the bundle's variables out of stdout and stderr, which are then not byte for byte what was written. */
  maskOutput: z.boolean().optional(),
  /** Of one task, of each of its runs. */
  taskTimeoutMs: Timeout.optional(),
  /** Of the whole job, from its submission. */
  timeoutMs: Timeout.optional(),
  /** Between SIGTERM and SIGKILL of a task that is cancelled or out of time. */
  killGraceMs: z.int().min(0).max(3_600_000).optional(),
  retry: RetryPolicy.optional(),
  /** What an eviction does to a task: it runs on another VM, or fails as `evicted`. */
  onEviction: z.enum(['requeue', 'fail']).default('requeue'),
  /** Tasks at the same time; absent: as many as there are workers. */
  maxRunning: z.int().min(1).max(maxTasks).optional(),
  /** Tasks of a higher one are taken first. */
  priority: JobPriority.default('normal'),
  dependsOn: z.array(Dependency).max(100).default([]),
  /** How long after its end output and rows are kept; null: until somebody deletes them; absent: as the app is set. */
  keepMs: z.int().min(0).max(maxKeepMs).nullable().optional(),
  /** Its tasks get a token by which they may make and command scale sets and virtual machines, which go when the job ends. */
  controlPlaneAccess: z.boolean().default(false),
});
export type JobRequest = z.infer<typeof JobRequest>;

/**
 * `waiting`: for jobs it depends on. `starting`: its target or its tasks are being made. `running`: tasks run, or may. `cancelling`:
 * what runs is being ended. AzManagers' `done` is `succeeded`.
 */
export const JobState = z.enum([
  'waiting',
  'starting',
  'running',
  'cancelling',
  'succeeded',
  'failed',
  'cancelled',
]);
export type JobState = z.infer<typeof JobState>;
export const finalJobStates: readonly JobState[] = ['succeeded', 'failed', 'cancelled'];

export const TaskCounts = z.object({ total: z.int(), succeeded: z.int(), failed: z.int() });
export type TaskCounts = z.infer<typeof TaskCounts>;

export const JobView = z.object({
  id: z.string(),
  name: z.string().nullable(),
  target: z.union([z.object({ scaleSet: z.string() }), z.object({ virtualMachine: z.string() })]),
  state: JobState,
  tasks: TaskCounts,
  priority: JobPriority,
  /** VMs that each of its tasks takes at once. */
  nodes: z.int(),
  dependsOn: z.array(Dependency),
  controlPlaneAccess: z.boolean(),
  /** The job that submitted it; null: a person did. */
  submittedByJob: z.string().nullable(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  /** When it and its output are deleted; null: it has not ended, or is kept for good. */
  expiresAt: z.string().nullable(),
  condition: Condition.nullable(),
});
export type JobView = z.infer<typeof JobView>;

export const TaskState = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);
export type TaskState = z.infer<typeof TaskState>;
export const TaskView = z.object({
  task: z.int(),
  state: TaskState,
  /** How often its policy has run it again. */
  retry: z.int(),
  attemptId: z.string().nullable(),
  worker: z.string().nullable(),
  end: TaskEnd.nullable(),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  message: z.string().nullable(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  stdoutBytes: z.int().nullable(),
  stderrBytes: z.int().nullable(),
});
export type TaskView = z.infer<typeof TaskView>;

/** One run of a task on a worker, as far as it is known: by its output, or by how it ended. */
export const AttemptView = z.object({
  attemptId: z.string(),
  retry: z.int(),
  /** Its result is that of its retry; of the last retry: of the task. */
  counts: z.boolean(),
  /** null: it has not told how it ended; it runs, or another attempt has taken its place. */
  end: TaskEnd.nullable(),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  message: z.string().nullable(),
  worker: z.string().nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  /** So far. */
  stdoutBytes: z.int(),
  stderrBytes: z.int(),
});
export type AttemptView = z.infer<typeof AttemptView>;

/** POST /api/jobs/{id}/cancel. */
export const CancelRequest = z.strictObject({
  reason: z.string().min(1).max(500).optional(),
  /** Between SIGTERM and SIGKILL; absent: the job's, or the app's. */
  graceMs: z.int().min(0).max(3_600_000).optional(),
});
export type CancelRequest = z.infer<typeof CancelRequest>;

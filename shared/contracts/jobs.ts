import { z } from 'zod';
import { Condition } from './condition';
import { EnvironmentVariables, maxTasks, Run } from './job-specification';
import { ResourceName } from './names';
import { TaskEnd } from './work-messages';

export const JobTarget = z.union([
  z.strictObject({ scaleSet: ResourceName }),
  z.strictObject({ virtualMachine: ResourceName }),
]);
export type JobTarget = z.infer<typeof JobTarget>;

/** POST /api/jobs. With `array` the run is repeated `count` times, each with its MUSTER_TASK_INDEX from 0. */
export const JobRequest = z.strictObject({
  name: z.string().min(1).max(200).optional(),
  target: JobTarget,
  run: Run,
  array: z.strictObject({ count: z.int().min(1).max(maxTasks) }).optional(),
  environmentVariables: EnvironmentVariables.default({}),
  workingDirectory: z.string().min(1).max(4096).optional(),
  taskTimeoutMs: z
    .int()
    .min(1000)
    .max(365 * 86_400_000)
    .optional(),
});
export type JobRequest = z.infer<typeof JobRequest>;

/** `starting`: target or queue not ready; AzManagers' `done` is `succeeded`. */
export const JobState = z.enum(['starting', 'running', 'succeeded', 'failed']);
export type JobState = z.infer<typeof JobState>;
export const finalJobStates: readonly JobState[] = ['succeeded', 'failed'];

export const TaskCounts = z.object({ total: z.int(), succeeded: z.int(), failed: z.int() });
export type TaskCounts = z.infer<typeof TaskCounts>;

export const JobView = z.object({
  id: z.string(),
  name: z.string().nullable(),
  target: JobTarget,
  state: JobState,
  tasks: TaskCounts,
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  condition: Condition.nullable(),
});
export type JobView = z.infer<typeof JobView>;

export const TaskState = z.enum(['queued', 'running', 'succeeded', 'failed']);
export const TaskView = z.object({
  task: z.int(),
  state: TaskState,
  attemptId: z.string().nullable(),
  worker: z.string().nullable(),
  end: TaskEnd.nullable(),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  message: z.string().nullable(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
});
export type TaskView = z.infer<typeof TaskView>;

export const jobIdPattern = /^[a-z0-9-]{1,64}$/;

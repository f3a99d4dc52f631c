import { z } from 'zod';

export const maxTasks = 100_000;
export const maxScriptBytes = 1024 * 1024;

const noNul = (value: string): boolean => !value.includes('\0');
export const Argument = z.string().max(131_072).refine(noNul, 'must not contain a NUL character');

export const EnvironmentVariables = z.record(
  z
    .string()
    .regex(
      /^[A-Za-z_][A-Za-z0-9_]{0,255}$/,
      'must be a name of letters, digits and "_", not beginning with a digit',
    ),
  z.string().max(32_768).refine(noNul, 'must not contain a NUL character'),
);

/** A program with its arguments, found on the worker's PATH or by absolute path. */
export const ProgramRun = z.strictObject({
  program: Argument.min(1),
  arguments: z.array(Argument).max(1000).default([]),
});

/** A script body, written to a file and given to its interpreter as last argument. */
export const ScriptRun = z.strictObject({
  script: z
    .string()
    .min(1)
    .refine(
      (script) => Buffer.byteLength(script) <= maxScriptBytes,
      `must be at most ${maxScriptBytes} bytes`,
    ),
  interpreter: z.array(Argument.min(1)).min(1).max(50).default(['/bin/sh']),
});

/** What every task of a job does. */
export const Run = z.union([ProgramRun, ScriptRun]);
export type Run = z.infer<typeof Run>;

/**
 * The specification blob that workers read. A task's environment also has MUSTER_JOB_ID, MUSTER_TASK_INDEX,
 * MUSTER_TASK_COUNT, MUSTER_TASK_RETRY, MUSTER_ATTEMPT_ID (finds what a task left running), MUSTER_WORKER and OMP_NUM_THREADS
 * (1 unless given).
 */
export const JobSpecification = z.strictObject({
  version: z.literal(1),
  jobId: z.string(),
  taskCount: z.int().min(1).max(maxTasks),
  run: Run,
  environmentVariables: EnvironmentVariables,
  /** Absolute, or relative to the task's own new folder; absent: that folder. */
  workingDirectory: z.string().optional(),
  taskTimeoutMs: z.int().min(1000).optional(),
  /** Deliveries of one message before the task fails as `attempts-exhausted`. */
  maxAttempts: z.int().min(1).default(10),
});
export type JobSpecification = z.infer<typeof JobSpecification>;

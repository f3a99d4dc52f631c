import { z } from 'zod';
import { SpecifiedBundle } from './bundles';
import { SpecifiedInput } from './files';
import { Nodes } from './gangs';
import { Mpi } from './mpi';

export const maxTasks = 100_000;
export const maxScriptBytes = 1024 * 1024;
const maxTimeoutMs = 365 * 86_400_000;

const noNul = (value: string): boolean => !value.includes('\0');
export const Argument = z.string().max(131_072).refine(noNul, 'must not contain a NUL character');

/** How long something may take, in ms. */
export const Timeout = z.int().min(1000).max(maxTimeoutMs);

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

const languages = {
  shell: ['/bin/sh'],
  bash: ['/bin/bash'],
  julia: ['julia'],
  python: ['python3'],
  node: ['node'],
} as const;

/** A language by name, or any program with its first arguments. */
export const Interpreter = z.union([
  z
    .enum(Object.keys(languages) as (keyof typeof languages)[])
    .transform((language): string[] => [...languages[language]]),
  z.array(Argument.min(1)).min(1).max(50),
]);

/** A script body, written to a file and given to its interpreter as last argument, as it is: no line is taken off it. */
export const ScriptRun = z.strictObject({
  script: z
    .string()
    .min(1)
    .refine(
      (script) => Buffer.byteLength(script) <= maxScriptBytes,
      `must be at most ${maxScriptBytes} bytes`,
    ),
  interpreter: Interpreter.default(['/bin/sh']),
});

/** What every task of a job does. */
export const Run = z.union([ProgramRun, ScriptRun]);
export type Run = z.infer<typeof Run>;

/**
 * What every task of a job does, as workers read it: in the message or the specification blob. A task's environment also has MUSTER_JOB_ID, MUSTER_TASK_INDEX,
 * MUSTER_TASK_COUNT, MUSTER_TASK_RETRY, MUSTER_ATTEMPT_ID (finds what a task left running), MUSTER_WORKER and OMP_NUM_THREADS
 * (1 unless given), MUSTER_OUTPUTS (its folder whose files are kept), with a bundle MUSTER_BUNDLE and MUSTER_VAR_*, and, where the job
 * commands a cluster, MUSTER_URL and MUSTER_TOKEN_FILE (`job-access.ts`).
 */
export const JobSpecification = z.strictObject({
  version: z.literal(1),
  jobId: z.string(),
  taskCount: z.int().min(1).max(maxTasks),
  run: Run,
  environmentVariables: EnvironmentVariables,
  /** Absent: without `mpiexec`. With it, MUSTER_MPI_RANKS is in the environment too. */
  mpi: Mpi.optional(),
  /** Workers that each task takes at once, each on a VM of its own; absent: one. */
  nodes: Nodes.optional(),
  /** Absolute, or relative to the task's own new folder; absent: that folder. */
  workingDirectory: z.string().optional(),
  taskTimeoutMs: Timeout.optional(),
  /** Between SIGTERM and SIGKILL; absent: the app's setting. */
  killGraceMs: z.int().min(0).optional(),
  /** Deliveries of one message before the task fails as `vm-lost`. */
  maxAttempts: z.int().min(1).default(10),
  /** An eviction ends the task as `evicted`, in place of running it elsewhere. */
  failsOnEviction: z.boolean().default(false),
  /** Each lies at `jobs/{jobId}/inputs/{sha256}`; absent: none. */
  inputs: z.array(SpecifiedInput).optional(),
  /** Lies below `jobs/{jobId}/bundle/`; absent: none. */
  bundle: SpecifiedBundle.optional(),
  /** Values of the bundle's variables are struck out of stdout and stderr. */
  maskOutput: z.literal(true).optional(),
  /** How soon the control plane has to hear that one of many tasks has ended. */
  wakeWithinMs: z.int().min(0).default(2000),
  /** Its tasks get a token of the job's own scope. */
  controlPlaneAccess: z.literal(true).optional(),
});
export type JobSpecification = z.infer<typeof JobSpecification>;

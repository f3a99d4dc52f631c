import { z } from 'zod';
import { Argument, EnvironmentVariables } from './job-specification';

/** How it is known that a command serves. */
export const Readiness = z.union([
  /** It takes connections at the VM's private address. The worker in slot n has this port + n, and is told as MUSTER_WORKER_PORT. */
  z.strictObject({ port: z.int().min(1).max(65_000) }),
  /** A line of its stdout matches this regular expression. */
  z.strictObject({
    stdoutLine: z.string().min(1).max(1000).refine(isPattern, 'must be a regular expression'),
  }),
]);
export type Readiness = z.infer<typeof Readiness>;

/** Means: do not start me again (AzManagers' workers end so when they were removed). */
export const exitDoNotRestart = 42;

/**
 * What every worker of a scale set runs for its whole life, in place of tasks: a Dask or Julia worker, an MPI daemon, any server. Its
 * environment has MUSTER_WORKER, MUSTER_WORKER_INDEX (0 to the set's number of workers - 1 once all are there; a number that became
 * free goes to the next worker), MUSTER_WORKER_SLOT, MUSTER_WORKER_ADDRESS, MUSTER_WORKER_PORT (with a readiness port), MUSTER_SCALE_SET,
 * MUSTER_SCALE_SET_SIZE (workers desired), MUSTER_WORKER_ADDRESSES (of those enrolled, by index, separated by commas) and MUSTER_WORKERS_FILE (the
 * same as JSON: `[{ "index", "worker", "address" }]`), both as they were when it was started.
 */
export const WorkerCommand = z.strictObject({
  program: Argument.min(1),
  arguments: z.array(Argument).max(1000).default([]),
  environmentVariables: EnvironmentVariables.default({}),
  workingDirectory: z.string().min(1).max(4096).optional(),
  /** `always`, also after code 0. Never after code 42, nor when its worker or VM goes. */
  restart: z.enum(['always', 'on-failure', 'never']).default('always'),
  /** Pause before a restart; it doubles while the command ends within a minute, up to a minute. */
  restartDelayMs: z.int().min(0).max(3_600_000).default(1000),
  /** Absent: ready as soon as it runs. */
  readiness: Readiness.optional(),
  /** Between SIGTERM and SIGKILL. */
  stopGraceMs: z.int().min(0).max(600_000).default(10_000),
  /** What becomes of a worker whose command has ended for good: `remove`, with its last worker the VM too; or `keep`. */
  whenEnded: z.enum(['remove', 'keep']).default('remove'),
});
export type WorkerCommand = z.infer<typeof WorkerCommand>;

/** How a worker's command stands, as its agent tells. */
export const CommandState = z.object({
  state: z.enum(['starting', 'ready', 'restarting', 'ended']),
  since: z.string().max(40),
  /** Names its output; sorts by time. */
  runId: z.string().max(100),
  restarts: z.int(),
  /** Of the last run that ended. */
  exitCode: z.int().nullable(),
  signal: z.string().max(20).nullable(),
  message: z.string().max(2000),
});
export type CommandState = z.infer<typeof CommandState>;

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

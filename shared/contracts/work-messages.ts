import { z } from 'zod';
import { JobSpecification } from './job-specification';
import { JobId } from './names';

/** So many tasks of a job may share a message: short tasks then cost a fraction of one each. */
export const maxTasksPerMessage = 100;
/** A specification no longer than this, as JSON, travels in the message itself, and need not be read. */
export const maxInlineSpecificationBytes = 8 * 1024;

/** Message on an owner's work queue (base64 of this JSON, as the Functions host encodes): tasks of one job to run. */
export const TaskMessage = z.strictObject({
  version: z.literal(1),
  jobId: z.string(),
  tasks: z.array(z.int().min(0)).min(1).max(maxTasksPerMessage),
  retry: z.int().min(0),
  /** Absent: in its blob. */
  specification: JobSpecification.optional(),
  /** Deliveries whose agent had to go (eviction, removal) and handed the message back: none of the tasks' attempts. */
  interruptions: z.int().min(0).optional(),
  /** These tasks were sent before, and perhaps have ended: look for their results first. */
  isRepeat: z.literal(true).optional(),
});
export type TaskMessage = z.infer<typeof TaskMessage>;

/** The blob that tells VMs of a cancelled job. null: the job's own grace, or the agent's. */
export const CancelMark = z.strictObject({ graceMs: z.int().min(0).nullable() });
export type CancelMark = z.infer<typeof CancelMark>;

/** How a task ended. `exited` with code 0 is success; every other code of this list is a failure with its reason. */
export const TaskEnd = z.enum([
  'exited',
  'signalled',
  'timed-out',
  'program-missing',
  'program-not-executable',
  'working-directory-missing',
  'specification-invalid',
  'input-missing',
  'outputs-exceeded',
  'out-of-disk',
  'out-of-memory',
  'evicted',
  'vm-lost',
  'cancelled',
  'agent-error',
]);
export type TaskEnd = z.infer<typeof TaskEnd>;

/** What another run would meet again, wherever it is: no policy orders one. */
export const lastingEnds: readonly TaskEnd[] = [
  'specification-invalid',
  'input-missing',
  'outputs-exceeded',
  'cancelled',
];

/** How one attempt of a task came out. */
export const TaskResult = z.strictObject({
  version: z.literal(1),
  jobId: z.string(),
  task: z.int().min(0),
  retry: z.int().min(0),
  attemptId: z.string(),
  worker: z.string(),
  end: TaskEnd,
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  message: z.string(),
  startedAt: z.string(),
  endedAt: z.string(),
  stdoutBytes: z.int().min(0),
  stderrBytes: z.int().min(0),
  /** Where its output lies: in append blobs, or, if it was short and quick, in the result blob itself. */
  outputIn: z.enum(['blobs', 'result']),
});
export type TaskResult = z.infer<typeof TaskResult>;

/** Both streams whole, each base64. */
export const InlineOutput = z.strictObject({ stdout: z.string(), stderr: z.string() });
export type InlineOutput = z.infer<typeof InlineOutput>;

/** A result as it lies in its batch. */
export const KeptResult = TaskResult.extend({ output: InlineOutput.nullable() });
export type KeptResult = z.infer<typeof KeptResult>;

/** The blob with the results that ended together. Of several results of a task's retry the first that the control plane recorded counts. */
export const ResultBatch = z.strictObject({
  version: z.literal(1),
  results: z.array(KeptResult).min(1).max(maxTasksPerMessage),
});
export type ResultBatch = z.infer<typeof ResultBatch>;

export function hasSucceeded(result: Pick<TaskResult, 'end' | 'exitCode'>): boolean {
  return result.end === 'exited' && result.exitCode === 0;
}

/** A batch of results as it is told, with what decides when the job's orchestrator has to know. */
export const ToldBatch = z.strictObject({
  /** Name of its blob. */
  blob: z.string().max(1000),
  jobId: JobId,
  /** Of the job; 0 where the specification could not be read. */
  taskCount: z.int().min(0),
  wakeWithinMs: z.int().min(0),
  results: z.array(TaskResult).min(1).max(maxTasksPerMessage),
});
export type ToldBatch = z.infer<typeof ToldBatch>;

export const maxBatchesPerReport = 100;

/** POST /api/workers/completions, `Authorization: Bearer {agentToken}`: batches that are kept. */
export const CompletionReport = z.strictObject({
  version: z.literal(1),
  batches: z.array(ToldBatch).min(1).max(maxBatchesPerReport),
});
export type CompletionReport = z.infer<typeof CompletionReport>;

/** Message on the `task-completions` queue, where the control plane does not answer: the same, with the credential in it. */
export const CompletionMessage = CompletionReport.extend({ agentToken: z.string().min(1).max(1000) });
export type CompletionMessage = z.infer<typeof CompletionMessage>;
export const completionsQueue = 'task-completions';

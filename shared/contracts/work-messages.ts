import { z } from 'zod';

/** Message on an owner's work queue (base64 of this JSON, as the Functions host encodes). One task to run. */
export const TaskMessage = z.strictObject({
  version: z.literal(1),
  jobId: z.string(),
  task: z.int().min(0),
  retry: z.int().min(0),
  /** Deliveries whose agent had to go (eviction, removal) and handed the message back: none of the task's attempts. */
  interruptions: z.int().min(0).optional(),
});
export type TaskMessage = z.infer<typeof TaskMessage>;

/** How a task ended. `exited` with code 0 is success; every other code of this list is a failure with its reason. */
export const TaskEnd = z.enum([
  'exited',
  'signalled',
  'timed-out',
  'program-missing',
  'program-not-executable',
  'working-directory-missing',
  'specification-invalid',
  'attempts-exhausted',
  'agent-error',
]);
export type TaskEnd = z.infer<typeof TaskEnd>;

/** The result blob: the one commit of a task's retry, whoever wrote it first. */
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
});
export type TaskResult = z.infer<typeof TaskResult>;

export function hasSucceeded(result: Pick<TaskResult, 'end' | 'exitCode'>): boolean {
  return result.end === 'exited' && result.exitCode === 0;
}

/** Message on the `task-completions` queue: the result blob's own content, so that the control plane need not read it. */
export const CompletionMessage = TaskResult;
export const completionsQueue = 'task-completions';

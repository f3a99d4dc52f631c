import { outputsFolder } from '../../shared/contracts/task-folders';
import type { KeptOutputs } from '../../shared/contracts/files';
import type { JobSpecification } from '../../shared/contracts/job-specification';
import {
  hasSucceeded,
  type KeptResult,
  type InlineOutput,
  type TaskEnd,
} from '../../shared/contracts/work-messages';
import type { TaskName } from '../storage/job-blobs';
import type { Exit } from './launch';
import type { EndedBy } from './supervise';

/** How an attempt ended, before anybody knows whether it is the one that counts. */
export interface Ending {
  end: TaskEnd;
  exitCode: number | null;
  signal: string | null;
  message: string;
}

export function failedEnding(end: TaskEnd, message: string): Ending {
  return { end, exitCode: null, signal: null, message };
}

/** Why the agent ended it wins over how the process then ended. */
export function endingOf(
  { exitCode, signal }: Exit,
  endedBy: EndedBy,
  timeoutMs: number | undefined,
): Ending {
  if (endedBy === 'time-out')
    return { end: 'timed-out', exitCode, signal, message: `stopped after its time-out of ${timeoutMs} ms` };
  if (endedBy === 'cancellation')
    return { end: 'cancelled', exitCode, signal, message: 'stopped, as its job was cancelled' };
  if (signal !== null) return { end: 'signalled', exitCode, signal, message: `killed by ${signal}` };
  return { end: 'exited', exitCode, signal, message: `exited with code ${exitCode}` };
}

/** Why a task of this specification cannot be run at all; undefined when it can. */
export function refusal(
  specification: JobSpecification,
  { jobId, task }: TaskName,
  begun: number,
): Ending | undefined {
  if (specification.jobId !== jobId)
    return failedEnding('specification-invalid', `the specification is of job ${specification.jobId}`);
  if (task >= specification.taskCount)
    return failedEnding('specification-invalid', `the job has ${specification.taskCount} tasks, no ${task}`);
  if (begun <= specification.maxAttempts) return undefined;
  return failedEnding(
    'vm-lost',
    `${specification.maxAttempts} attempts were begun and none ended: their VMs were lost`,
  );
}

/** The ending with what is to be told of the files that the task left. A task whose files were kept in part only did not succeed. */
export function withOutputs(ending: Ending, kept: KeptOutputs | undefined): Ending {
  if (!kept || (kept.exceeded === undefined && kept.noted === 0)) return ending;
  const { exceeded, notes, noted } = kept;
  const told = [
    ...(exceeded === undefined ? [] : [`its output files were kept in part only: ${exceeded}`]),
    ...(noted === 0 ? [] : [`not kept of ${outputsFolder}: ${notes.join(', ')}`]),
    ...(noted > notes.length ? [`and ${noted - notes.length} more`] : []),
  ];
  const message = [ending.message, ...told].join('; ');
  const isFailure = exceeded !== undefined && hasSucceeded(ending);
  return { ...ending, message, ...(isFailure && { end: 'outputs-exceeded' as const }) };
}

interface ResultOptions {
  name: TaskName;
  attemptId: string;
  worker: string;
  ending: Ending;
  startedAt: Date;
  stdoutBytes: number;
  stderrBytes: number;
  output: InlineOutput | null;
}

/** A message may hold the name of a program, which may be very long. */
const maxMessageLength = 2000;

export function resultOf({ name, ending, startedAt, ...rest }: ResultOptions): KeptResult {
  const { jobId, task, retry } = name;
  return {
    version: 1,
    jobId,
    task,
    retry,
    ...ending,
    message: ending.message.slice(0, maxMessageLength),
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    outputIn: rest.output ? 'result' : 'blobs',
    ...rest,
  };
}

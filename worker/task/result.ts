import type { JobSpecification } from '../../shared/contracts/job-specification';
import type { TaskEnd, TaskMessage, TaskResult } from '../../shared/contracts/work-messages';
import type { Exit } from './launch';

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

/** A time-out wins over how the process then ended: that was the agent's doing. */
export function endingOf({ exitCode, signal }: Exit, timedOutAfterMs: number | undefined): Ending {
  if (timedOutAfterMs !== undefined) {
    return {
      end: 'timed-out',
      exitCode,
      signal,
      message: `stopped after its time-out of ${timedOutAfterMs} ms`,
    };
  }
  if (signal !== null) return { end: 'signalled', exitCode, signal, message: `killed by ${signal}` };
  return { end: 'exited', exitCode, signal, message: `exited with code ${exitCode}` };
}

/** Why a task of this specification cannot be run at all; undefined when it can. */
export function refusal(
  specification: JobSpecification,
  message: TaskMessage,
  begun: number,
): Ending | undefined {
  if (specification.jobId !== message.jobId)
    return failedEnding('specification-invalid', `the specification is of job ${specification.jobId}`);
  if (message.task >= specification.taskCount)
    return failedEnding(
      'specification-invalid',
      `the job has ${specification.taskCount} tasks, no ${message.task}`,
    );
  if (begun <= specification.maxAttempts) return undefined;
  return failedEnding(
    'attempts-exhausted',
    `${specification.maxAttempts} attempts were begun and none ended; their workers were lost`,
  );
}

interface ResultOptions {
  message: TaskMessage;
  attemptId: string;
  worker: string;
  ending: Ending;
  startedAt: Date;
  stdoutBytes: number;
  stderrBytes: number;
}

export function resultOf({ message, ending, startedAt, ...rest }: ResultOptions): TaskResult {
  const { jobId, task, retry } = message;
  return {
    version: 1,
    jobId,
    task,
    retry,
    ...ending,
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    ...rest,
  };
}

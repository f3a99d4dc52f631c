import type { JobState, JobView, TaskEnd, TaskView } from '../shared/contracts';
import { MusterError } from './errors';
import { reasonOf } from './waiting';

/** So many failed tasks are named; of the others `tasks` tells. */
export const failuresNamed = 20;

const endings: Partial<Record<JobState, string>> = {
  succeeded: 'has succeeded',
  failed: 'has failed',
  cancelled: 'was cancelled',
};

/** How a job stands, as the rest of a sentence: `has failed (TasksFailed: 1 of 3 tasks failed)`. */
export function howItStands({ state, condition }: Pick<JobView, 'state' | 'condition'>): string {
  return `${endings[state] ?? `is ${state}`}${reasonOf(condition)}`;
}

/** A job that was to succeed and has not. Its `details` say of each failed task (of 20 at most) how it failed: its end is the code. */
export class JobFailedError extends MusterError {
  override readonly name = 'JobFailedError';

  constructor(
    readonly job: JobView,
    /** At most 20, by their number. */
    readonly failures: readonly TaskView[],
  ) {
    const details = failures.map((task) => ({
      code: task.end ?? task.state,
      target: `tasks[${task.task}]`,
      message: howItEnded(task),
    }));
    const shown = details.map(({ target, message }) => `${target} ${message}`).join('; ');
    const message = `Job '${job.id}' ${howItStands(job)}.${shown && ` ${shown}.`}`;
    super(0, { error: { code: 'JobFailed', message, details } });
  }
}

const words: Record<TaskEnd, string> = {
  exited: 'exited',
  signalled: 'was ended by a signal',
  'timed-out': 'ran out of its time',
  'program-missing': 'could not start: its program is not there',
  'program-not-executable': 'could not start: its program cannot be executed',
  'working-directory-missing': 'could not start: its working directory is not there',
  'specification-invalid': 'could not start: what it is to do cannot be read',
  'input-missing': 'could not start: what was sent along with it is not there',
  'outputs-exceeded': 'left more files than are kept',
  'out-of-disk': 'ran out of disk space',
  'out-of-memory': 'ran out of memory',
  evicted: 'was evicted with its VM',
  'vm-lost': 'was lost with its VM',
  cancelled: 'was cancelled',
  'agent-error': 'failed by a fault of its agent',
};

/** How a task ended, as the rest of a sentence: `exited with code 7`, `was ended by SIGKILL`. */
export function howItEnded({ end, state, exitCode, signal, message }: TaskView): string {
  if (end === null) return state === 'cancelled' ? 'was never begun' : `is ${state}`;
  if (end === 'exited') return `exited with code ${exitCode}`;
  if (end === 'signalled') return `was ended by ${signal ?? 'a signal'}`;
  return message ? `${words[end]} (${message.replace(/\.$/, '')})` : words[end];
}

import type { JobView, TaskView } from '../../shared/contracts';
import { constants } from 'node:os';

/** Exit statuses of `muster run` that are not the program's own: those of timeout(1) and of shells. */
export const runExitCodes = {
  timedOut: 124,
  /** Muster failed, not the program: refused, unreachable, VM lost. */
  muster: 125,
  notExecutable: 126,
  notFound: 127,
  interrupted: 130,
  terminated: 143,
} as const;

export const runExitCodeMeanings = [
  ["the program's", 'of an array: that of the first task that failed'],
  [2, 'the command line is wrong; nothing was run'],
  [runExitCodes.timedOut, 'the task or the job ran out of its time'],
  [
    runExitCodes.muster,
    'not the program failed: Muster refused the job or was not reached, or the VM was lost',
  ],
  [runExitCodes.notExecutable, 'the program cannot be executed'],
  [runExitCodes.notFound, 'the program is not there'],
  ['128+N', 'the program was ended by signal N'],
  [runExitCodes.interrupted, 'the job was cancelled, or Ctrl-C left it alone'],
] as const;

/** The exit status that a job's end is told by. `failures`: its failed tasks, by their number. */
export function exitCodeOfJob({ state, condition }: JobView, failures: readonly TaskView[]): number {
  if (state === 'succeeded') return 0;
  if (state === 'cancelled') return runExitCodes.interrupted;
  if (condition?.code === 'JobTimedOut') return runExitCodes.timedOut;
  const [first] = failures;
  return first ? exitCodeOfTask(first) : runExitCodes.muster;
}

function exitCodeOfTask({ end, exitCode, signal }: TaskView): number {
  switch (end) {
    case 'timed-out':
      return runExitCodes.timedOut;
    case 'program-missing':
      return runExitCodes.notFound;
    case 'program-not-executable':
      return runExitCodes.notExecutable;
    case 'cancelled':
      return runExitCodes.interrupted;
    case 'exited':
      return exitCode ?? runExitCodes.muster;
    case 'signalled':
    case 'out-of-memory':
      return signalNumber(signal) ?? runExitCodes.muster;
    default:
      return runExitCodes.muster;
  }
}

function signalNumber(signal: string | null): number | undefined {
  const numbers: Record<string, number> = constants.signals;
  const number = numbers[signal ?? ''];
  return number === undefined ? undefined : 128 + number;
}

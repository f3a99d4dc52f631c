import { MusterError } from '../client';

/** What the exit status of every command says. `muster run` has more to say: see `run/exit-code.ts`. */
export const exitCodes = {
  done: 0,
  failed: 1,
  misuse: 2,
  notFound: 3,
  conflict: 4,
  unreachable: 5,
  unauthorized: 6,
  timedOut: 124,
} as const;

export const exitCodeMeanings: readonly (readonly [number, string])[] = [
  [exitCodes.done, 'done'],
  [exitCodes.failed, 'it failed'],
  [exitCodes.misuse, 'the command line or the request is wrong; nothing was changed'],
  [exitCodes.notFound, 'there is no such thing'],
  [exitCodes.conflict, 'it is in conflict with what is there'],
  [exitCodes.unreachable, 'the control plane cannot be reached'],
  [exitCodes.unauthorized, 'the key or token is not taken'],
  [exitCodes.timedOut, 'time was up; what was waited for goes on'],
];

const byStatus: Record<number, number> = {
  400: exitCodes.misuse,
  401: exitCodes.unauthorized,
  403: exitCodes.unauthorized,
  404: exitCodes.notFound,
  409: exitCodes.conflict,
  413: exitCodes.misuse,
  415: exitCodes.misuse,
  422: exitCodes.misuse,
};

const byCode: Record<string, number> = {
  Unreachable: exitCodes.unreachable,
  NotConfigured: exitCodes.misuse,
  NotFound: exitCodes.notFound,
  WaitTimedOut: exitCodes.timedOut,
  VirtualMachineFailed: exitCodes.failed,
};

export function exitCodeOf(error: unknown): number {
  if (error instanceof Misuse) return exitCodes.misuse;
  if (!(error instanceof MusterError)) return exitCodes.failed;
  return byCode[error.code] ?? byStatus[error.status] ?? exitCodes.failed;
}

/** The command line cannot be meant as it is. Each problem says what is wrong and what to do. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
  constructor(
    readonly problems: readonly string[],
    /** The command whose help says more, e.g. `muster job list`. */
    readonly command?: string,
  ) {
    super(problems.join('; '));
  }
}

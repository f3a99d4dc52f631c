import type { JobRequest } from '../../shared/contracts';
import { ApiError, type Problem } from '../../shared/errors';

/** Throws 400 with every problem of what a request says of MPI. */
export function refuseImpossibleMpi(request: JobRequest): void {
  const problems = mpiProblems(request);
  if (problems.length === 0) return;
  throw new ApiError(400, 'InvalidRequest', problems.map(({ message }) => message).join(' '), {
    details: problems,
  });
}

export function mpiProblems({ run, mpi }: Pick<JobRequest, 'run' | 'mpi'>): Problem[] {
  if (!mpi || !('program' in run)) return [];
  return run.arguments.flatMap((argument, index) =>
    argument === ':'
      ? {
          code: 'InvalidField',
          message:
            "An argument ':' begins another program for mpiexec: give it another way, in a script for instance.",
          target: `run.arguments[${index}]`,
        }
      : [],
  );
}

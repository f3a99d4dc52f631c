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

export function mpiProblems(request: Pick<JobRequest, 'run' | 'mpi' | 'nodes' | 'target'>): Problem[] {
  return [...argumentProblems(request), ...nodeProblems(request)];
}

function argumentProblems({ run, mpi }: Pick<JobRequest, 'run' | 'mpi'>): Problem[] {
  if (!mpi || !('program' in run)) return [];
  const message =
    "An argument ':' begins another program for mpiexec: give it another way, in a script for instance.";
  return run.arguments.flatMap((argument, index) =>
    argument === ':' ? { code: 'InvalidField', message, target: `run.arguments[${index}]` } : [],
  );
}

function nodeProblems({ nodes, target }: Pick<JobRequest, 'nodes' | 'target'>): Problem[] {
  if (nodes === undefined || 'scaleSet' in target) return [];
  const message = `A virtual machine is one node and a task of ${nodes} never fits: submit to a scale set.`;
  return [{ code: 'InvalidField', message, target: 'nodes' }];
}

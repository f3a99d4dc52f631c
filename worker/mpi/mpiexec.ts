import type { JobSpecification } from '../../shared/contracts/job-specification';
import type { Environment } from '../task/environment';
import type { Identity } from '../task/identity';
import { locateProgram, type LaunchFailure } from '../task/program-path';
import { filledFlags } from './flags';

export interface Command {
  program: string;
  programPath: string;
  arguments: string[];
}

interface Options {
  specification: Pick<JobSpecification, 'mpi' | 'nodes'>;
  /** Of this VM, where the job gives none. */
  flags: readonly string[];
  workingFolder: string;
  environment: Environment;
  identity: Identity | undefined;
}

export const mpiexecMissing =
  "Open MPI is to be in the image of its VM, or in its environment: on Debian and Ubuntu the package 'openmpi-bin'";

/** The command as it is to be started: under mpiexec, where the job says so. */
export function underMpiexec(
  command: Command,
  { specification: { mpi, nodes = 1 }, flags, ...where }: Options,
): ({ kind: 'found' } & Command) | ({ kind: 'failed' } & LaunchFailure) {
  if (!mpi) return { kind: 'found', ...command };
  const located = locateProgram('mpiexec', where);
  if (located.kind === 'failed') return { ...located, message: `${located.message}: ${mpiexecMissing}` };
  const words = filledFlags(mpi.flags ?? flags, where.environment.OMP_NUM_THREADS);
  return {
    kind: 'found',
    program: 'mpiexec',
    programPath: located.path,
    arguments: [
      '-n',
      String(mpi.ranksPerWorker * nodes),
      ...words,
      command.programPath,
      ...command.arguments,
    ],
  };
}

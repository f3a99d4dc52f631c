import type { JobSpecification } from '../../shared/contracts/job-specification';

type Environment = Record<string, string>;
type Specified = Pick<JobSpecification, 'mpi' | 'nodes' | 'killGraceMs'>;

/** What Open MPI is told through a task's environment; what the job sets itself wins. */
export function mpiDefaults(
  { mpi, nodes, killGraceMs }: Specified,
  { isRoot }: { isRoot: boolean },
): Environment {
  if (!mpi && nodes === undefined) return {};
  return { ...(isRoot && rootPermission), ...(killGraceMs !== undefined && rankGrace(killGraceMs)) };
}

export function mpiVariables({ mpi, nodes = 1 }: Specified): Environment {
  return mpi ? { MUSTER_MPI_RANKS: String(mpi.ranksPerWorker * nodes) } : {};
}

/**
 * Ranks are in process groups of their own: SIGTERM reaches them through mpiexec alone, which then sleeps this long, once for the end
 * of its ranks and once for its own, whether they need it or not. So it is Open MPI's second unless the job gives a grace.
 */
function rankGrace(killGraceMs: number): Environment {
  const seconds = String(Math.max(1, Math.floor(killGraceMs / 2000)));
  return { OMPI_MCA_odls_base_sigkill_timeout: seconds, PRTE_MCA_odls_base_sigkill_timeout: seconds };
}

/** Tasks are not run as root but where root is the only user of a user namespace, and as harmless as any other (`task/identity.ts`). */
const rootPermission: Environment = {
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  PRTE_ALLOW_RUN_AS_ROOT: '1',
  PRTE_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
};

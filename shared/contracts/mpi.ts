import { z } from 'zod';

/** Of one task on one VM. */
export const maxRanksPerWorker = 1024;

/**
 * Each task runs under `mpiexec`, with so many ranks on its worker's VM. `flags` are mpiexec's own, in place of the app's
 * (`MUSTER_MPI_FLAGS`: Open MPI's words for AzManagers' "bind to core, map by NUMA"); `$OMP_NUM_THREADS` in one stands for the task's value.
 */
export const Mpi = z.strictObject({
  ranksPerWorker: z.int().min(1).max(maxRanksPerWorker),
  flags: z
    .array(
      z
        .string()
        .min(1)
        .max(4096)
        .refine((flag) => !flag.includes('\0'), 'must not contain a NUL character'),
    )
    .max(100)
    .optional(),
});
export type Mpi = z.infer<typeof Mpi>;

/** What every mpiexec of this VM is told unless a job says otherwise. */
export function vmFlags(configured: readonly string[], workers: number): string[] {
  // Each mpiexec counts the VM's cores from the first: those of two workers would bind their ranks to the same ones.
  return workers > 1 ? ['--bind-to', 'none'] : [...configured];
}

/** A flag may hold `$OMP_NUM_THREADS`: the cores that one rank is to have. */
export function filledFlags(flags: readonly string[], threads: string | undefined): string[] {
  return flags.map((flag) => flag.replaceAll('$OMP_NUM_THREADS', threads ?? '1'));
}

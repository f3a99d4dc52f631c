import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import path from 'node:path';

/** Compiles the fixture with Debian's Open MPI into `folder`, where any user may run it; answers its path. */
export function compileAllreduce(folder: string): string {
  const program = path.join(folder, 'allreduce');
  const source = path.resolve(__dirname, '../../fixtures/mpi/allreduce.c');
  const compiled = spawnSync('mpicc', ['-O1', '-o', program, source], { encoding: 'utf8' });
  if (compiled.status !== 0) throw new Error(`mpicc: ${compiled.error?.message ?? compiled.stderr}`);
  chmodSync(program, 0o755);
  return program;
}

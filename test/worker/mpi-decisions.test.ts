import { mpiDefaults } from '../../worker/mpi/environment';
import { filledFlags, vmFlags } from '../../worker/mpi/flags';

const configured = ['--map-by', 'numa:PE=$OMP_NUM_THREADS', '--bind-to', 'core'];

describe('the flags of mpiexec', () => {
  test.each([
    ['the configured ones for a VM with one worker', 1, configured],
    ['no binding for one with several, which would bind to the same cores', 2, ['--bind-to', 'none']],
  ])('are %s', (_what, workers, flags) => expect(vmFlags(configured, workers)).toEqual(flags));

  test.each([
    [['numa:PE=$OMP_NUM_THREADS'], '8', ['numa:PE=8']],
    [['numa:PE=$OMP_NUM_THREADS'], undefined, ['numa:PE=1']],
    [['-x', 'OMP_NUM_THREADS'], '8', ['-x', 'OMP_NUM_THREADS']],
  ])('%j with %s threads are %j', (flags, threads, filled) =>
    expect(filledFlags(flags, threads)).toEqual(filled),
  );
});

describe('what Open MPI is told', () => {
  const mpi = { ranksPerWorker: 2 };
  const timeout = 'OMPI_MCA_odls_base_sigkill_timeout';

  test('is nothing for a task without MPI', () => {
    expect(mpiDefaults({ killGraceMs: 9000 }, { isRoot: true })).toEqual({});
  });
  test.each([
    [undefined, undefined],
    [0, '1'],
    [8000, '4'],
  ])('of a grace of %s ms is a time-out of %s s for its ranks', (killGraceMs, seconds) =>
    expect(mpiDefaults({ mpi, killGraceMs }, { isRoot: false })[timeout]).toBe(seconds),
  );
  test('lets it run as root only where there is nobody else', () => {
    expect(mpiDefaults({ mpi }, { isRoot: false })).not.toHaveProperty('OMPI_ALLOW_RUN_AS_ROOT');
    expect(mpiDefaults({ mpi }, { isRoot: true })).toHaveProperty('OMPI_ALLOW_RUN_AS_ROOT', '1');
  });
});

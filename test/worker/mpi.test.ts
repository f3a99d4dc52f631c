import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { cancelBlob } from '../../shared/contracts/blob-names';
import { compileAllreduce } from '../support/mpi/allreduce';
import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';

let world: World;
eachWorld((made) => (world = made));

/** This machine has two cores, or any number: binding them is another test. */
const anywhere = ['--oversubscribe', '--bind-to', 'none'];

const cancel = (jobId: string, mark = '{"graceMs":null}') =>
  world.storage.jobs.getBlockBlobClient(cancelBlob(jobId)).upload(mark, mark.length);

function lines(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.replace(/ on [^:]+/, ''))
    .sort();
}

/** Processes of a task's ranks, by what their environment says of them. */
function ranksOf(jobId: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
      return environment.includes(`MUSTER_JOB_ID=${jobId}`) && environment.includes('OMPI_COMM_WORLD_RANK=');
    } catch {
      return false;
    }
  });
}

describe('a task with MPI', () => {
  it('runs as so many ranks on its VM, which reach each other: an allreduce', async () => {
    const program = compileAllreduce(path.dirname(world.openFile('x')));
    const jobId = await world.submit({
      run: { program, arguments: [] },
      mpi: { ranksPerWorker: 4, flags: anywhere },
    });
    await world.startAgent();
    const result = await world.storage.result(jobId);
    const stderr = await world.storage.text(result, 'stderr');
    expect({ end: result.end, code: result.exitCode, stderr }).toMatchObject({ end: 'exited', code: 0 });
    expect(lines(await world.storage.text(result, 'stdout'))).toEqual(
      [0, 1, 2, 3].map((rank) => `rank ${rank} of 4: 10`),
    );
  });

  it('may be a script, that each rank runs as the task’s user, with the variables of the task', async () => {
    const script = 'echo "$(id -un) $MUSTER_MPI_RANKS $OMPI_COMM_WORLD_RANK $MUSTER_TASK_INDEX $FLAVOUR"';
    const jobId = await world.script(script, {
      mpi: { ranksPerWorker: 2, flags: anywhere },
      environmentVariables: { FLAVOUR: 'mint' },
    });
    await world.startAgent();
    const result = await world.storage.result(jobId);
    const stdout = await world.storage.text(result, 'stdout');
    const user = world.isRoot ? 'nobody' : stdout.split(' ')[0];
    expect(lines(stdout)).toEqual([`${user} 2 0 0 mint`, `${user} 2 1 0 mint`]);
  });

  it('binds each rank to cores of its own, as many as it has threads, unless the job has other flags', async () => {
    const affinity = 'grep Cpus_allowed_list /proc/self/status';
    const mpi = { ranksPerWorker: 1 };
    const bound = await world.script(affinity, { mpi });
    const unbound = await world.script(affinity, { mpi: { ...mpi, flags: ['--bind-to', 'none'] } });
    const tooMany = await world.script('true', { mpi, environmentVariables: { OMP_NUM_THREADS: '4096' } });
    await world.startAgent();
    const stdout = async (jobId: string): Promise<string> =>
      (await world.storage.text(await world.storage.result(jobId), 'stdout')).split(/\s+/)[1]!;
    expect(await stdout(bound)).toBe('0');
    expect(await stdout(unbound)).toMatch(/[-,]/);
    const refused = await world.storage.result(tooMany);
    expect(refused).toMatchObject({ end: 'exited', exitCode: 1 });
    expect(await world.storage.text(refused, 'stderr')).toContain('4096');
  });

  it('fails as program-missing where its VM has no mpiexec, and says what brings it', async () => {
    const bin = path.dirname(world.openFile('x'));
    mkdirSync(path.join(bin, 'bin'));
    symlinkSync('/bin/true', path.join(bin, 'bin', 'solver'));
    const jobId = await world.submit({
      run: { program: 'solver', arguments: [] },
      mpi: { ranksPerWorker: 2 },
      environmentVariables: { PATH: path.join(bin, 'bin') },
    });
    await world.startAgent();
    const result = await world.storage.result(jobId);
    expect(result.end).toBe('program-missing');
    expect(result.message).toContain('mpiexec');
    expect(result.message).toContain('openmpi-bin');
  });

  it('ends with all of its ranks, those too that take no notice, when it is cancelled', async () => {
    const jobId = await world.script('trap "" TERM; echo up; while :; do sleep 0.1; done', {
      mpi: { ranksPerWorker: 2, flags: anywhere },
    });
    await world.startAgent();
    await until('both ranks run', async () => {
      const text = (await world.storage.streamSoFar(jobId, 'stdout')).toString();
      return text === 'up\nup\n' && ranksOf(jobId).length >= 2;
    });
    await cancel(jobId);
    expect(await world.storage.result(jobId)).toMatchObject({ end: 'cancelled' });
    expect(ranksOf(jobId)).toEqual([]);
  });

  it('gives its ranks the grace that the job names', async () => {
    const script =
      'trap "sleep 1.5; echo rank $OMPI_COMM_WORLD_RANK ended well >> $DONE; exit 0" TERM; echo up; while :; do sleep 0.1; done';
    const done = world.openFile('done');
    const jobId = await world.script(script, {
      mpi: { ranksPerWorker: 2, flags: anywhere },
      killGraceMs: 8000,
      environmentVariables: { DONE: done },
    });
    await world.startAgent();
    await until('both ranks run', async () => {
      return (await world.storage.streamSoFar(jobId, 'stdout')).toString() === 'up\nup\n';
    });
    await cancel(jobId);
    expect(await world.storage.result(jobId)).toMatchObject({ end: 'cancelled' });
    expect(lines(readFileSync(done, 'utf8'))).toEqual(['rank 0 ended well', 'rank 1 ended well']);
  });
});

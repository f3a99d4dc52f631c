import { chmodSync, copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/stack/project-root';
import type { BundleView, JobView } from '../../shared/contracts';
import { useCommandLine } from '../support/command-line-place';
import { whatIsLeft, type LocalStack } from '../support/local-stack';
import type { Finished, Muster } from '../support/muster-process';

let stack: LocalStack;
let muster: Muster;
let folder: string;
useCommandLine((place) => ({ stack, muster, folder } = place));

const succeed = async (...args: string[]): Promise<Finished> => {
  const finished = await muster(...args);
  if (finished.status !== 0)
    throw new Error(`muster ${args.join(' ')}: ${finished.status} ${finished.stderr}`);
  return finished;
};

/** The manual's second example: variables go along with a job, and the job commands a cluster of its own. */
test('variables go along to a detached VM, whose job makes a cluster, says hello from its workers, and removes it', async () => {
  // variablebundle!(session = AzSession())
  const session = { greeting: 'hello from', workers: 2 };
  const put = muster.start(['bundle', 'put', 'session', '--variables', '-', '--output', 'json'], {
    input: JSON.stringify(session),
  });
  const kept = JSON.parse((await put.finished).stdout.toString()) as BundleView;
  expect(kept.variables.map(({ name }) => name).sort()).toEqual(['greeting', 'workers']);
  expect(JSON.stringify(kept)).not.toContain('hello');
  // myvm = addproc("myvm")
  await succeed('vm', 'create', 'myvm', '--template', 'cbox', '--wait');
  const tool = join(folder, 'muster');
  copyFileSync(join(projectRoot(), 'dist', 'cli', 'muster.cjs'), tool);
  chmodSync(tool, 0o755);
  const script = join(folder, 'command.sh');
  writeFileSync(
    script,
    `set -e
# addprocs("myscaleset", 5; session=variablebundle(:session))
./muster scale-set create myscaleset --template cbox --capacity "$MUSTER_VAR_workers" --wait >/dev/null
# for pid in workers() remotecall_fetch(println, "hello from pid=$(myid())") end
./muster run --scale-set myscaleset --array "$MUSTER_VAR_workers" -- \\
  bash -c "echo $MUSTER_VAR_greeting \\$MUSTER_TASK_INDEX"
# rmprocs(workers())
./muster scale-set delete myscaleset --wait 2>/dev/null
`,
  );
  // detached_job = @detachat myvm begin ... end; wait(detached_job)
  const options = ['--vm', 'myvm', '--bundle', 'session', '--input', tool, '--control-plane-access'];
  const run = await muster('run', ...options, '--script', script, '--interpreter', 'bash');
  expect([run.stdout.toString(), run.stderr.toString()]).toEqual(['hello from 0\nhello from 1\n', '']);
  expect(run.status).toBe(0);
  const jobs = await muster.json<JobView[]>('job', 'list', '--limit', '10');
  expect(jobs.map(({ controlPlaneAccess, submittedByJob }) => [controlPlaneAccess, submittedByJob])).toEqual([
    [false, jobs[1]!.id],
    [true, null],
  ]);
  // rmproc(vm)
  await succeed('vm', 'delete', 'myvm', '--wait');
  await succeed('bundle', 'delete', 'session');
  expect(await whatIsLeft(stack)).toMatchObject({ billable: [], machines: [] });
}, 120_000);

test('files and folders go along with a job, and the files that it leaves are fetched', async () => {
  await succeed('vm', 'create', 'solo', '--template', 'cbox', '--wait');
  writeFileSync(join(folder, 'weights.bin'), Buffer.from([0, 255, 10, 13]));
  const sources = mkdtempSync(join(folder, 'sources-'));
  writeFileSync(
    join(sources, 'scale.sh'),
    'cat "$1" "$1" > outputs/doubled.bin; mkdir -p outputs/deep; date > outputs/deep/when',
  );
  const { stdout } = await succeed(
    ...[
      'run',
      '--detach',
      '--vm',
      'solo',
      '--input',
      join(folder, 'weights.bin'),
      '--input',
      `${sources}=code`,
    ],
    ...['--', 'bash', 'code/scale.sh', 'weights.bin'],
  );
  const id = stdout.toString().trim();
  await succeed('job', 'wait', id);
  const fetched = join(folder, 'fetched');
  await succeed('job', 'outputs', id, '--to', fetched);
  expect([...readFileSync(join(fetched, 'doubled.bin'))]).toEqual([0, 255, 10, 13, 0, 255, 10, 13]);
  const listed = await muster.json<{ name: string }[]>('job', 'outputs', id);
  expect(listed.map(({ name }) => name)).toEqual(['deep/when', 'doubled.bin']);
  const missing = await muster('run', '--vm', 'solo', '--input', '/nowhere/at/all', '--', 'true');
  expect([missing.status, missing.stderr.toString()]).toEqual([2, expect.stringContaining('is not there')]);
}, 60_000);

import path from 'node:path';
import type { JobSpecification } from '../../shared/contracts/job-specification';
import { withGang } from '../gang/environment';
import { underMpiexec } from '../mpi/mpiexec';
import type { WorkerContext } from '../worker-context';
import { taskEnvironment } from './environment';
import { evictionFile } from './eviction-file';
import { writeScript, type TaskFolder } from './folder';
import type { JobAccess } from './job-tokens';
import { launch, type Launched } from './launch';
import { locateProgram, locateWorkingFolder } from './program-path';
import type { Equipped, Runnable } from './run-in-folder';

/** Where the program begins. */
export function workingFolderOf(
  { specification }: Pick<Runnable, 'specification'>,
  folder: TaskFolder,
): string {
  return path.resolve(folder.work, specification.workingDirectory ?? '.');
}

/** Starts the task's program, under mpiexec where its job wants that. */
export async function startProgram(
  attempt: Equipped,
  access: JobAccess | undefined,
  context: WorkerContext,
): Promise<Launched> {
  const { specification, name, attemptId, folder, brought } = attempt;
  const { identity } = context;
  const own = taskEnvironment({
    admitted: context.admittedEnvironment,
    specification,
    name,
    attemptId,
    worker: context.worker,
    user: identity?.user,
    home: folder.work,
    temporary: folder.temporary,
    evictionFile: evictionFile(folder),
    outputs: folder.outputs,
    bundle: brought.environment,
    access: access?.environment ?? {},
  });
  const environment = withGang(attempt.gang?.open(folder, specification) ?? {}, own);
  const workingFolder = workingFolderOf(attempt, folder);
  const misplaced = locateWorkingFolder(workingFolder, identity);
  if (misplaced) return { kind: 'failed', ...misplaced };
  const [program, ...rest] = commandOf(specification, folder, context);
  const located = locateProgram(program, { workingFolder, environment, identity });
  if (located.kind === 'failed') return located;
  const command = { program, programPath: located.path, arguments: rest };
  const where = { workingFolder, environment, identity };
  const started = underMpiexec(command, { specification, flags: context.mpiFlags, ...where });
  return started.kind === 'failed' ? started : launch({ ...started, ...where }, folder);
}

function commandOf(
  { run }: JobSpecification,
  folder: TaskFolder,
  { identity }: WorkerContext,
): [string, ...string[]] {
  if ('program' in run) return [run.program, ...run.arguments];
  const [interpreter, ...rest] = run.interpreter;
  return [interpreter!, ...rest, writeScript(folder, run.script, identity)];
}

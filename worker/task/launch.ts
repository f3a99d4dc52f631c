import { spawn, type ChildProcess } from 'node:child_process';
import type { Environment } from './environment';
import type { TaskFolder } from './folder';
import type { Identity } from './identity';
import { closeWriteEnd, openOutputPipe, type OutputPipe } from './output-pipe';
import type { LaunchFailure } from './program-path';

export interface Launch {
  program: string;
  /** Where `program` was found. */
  programPath: string;
  arguments: string[];
  workingFolder: string;
  environment: Environment;
  identity: Identity | undefined;
}

export interface Exit {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

export interface TaskProcess {
  /** Also the id of its process group and session. */
  readonly groupId: number;
  readonly exit: Promise<Exit>;
  readonly stdout: OutputPipe['reader'];
  readonly stderr: OutputPipe['reader'];
}

export type Launched = { kind: 'started'; process: TaskProcess } | ({ kind: 'failed' } & LaunchFailure);

export async function launch(task: Launch, folder: TaskFolder): Promise<Launched> {
  const stdout = await openOutputPipe(folder.root, 'stdout', task.identity);
  const stderr = await openOutputPipe(folder.root, 'stderr', task.identity);
  let child: ChildProcess;
  try {
    child = spawnTask(task, [stdout.writeDescriptor, stderr.writeDescriptor]);
  } catch (error) {
    return abandon([stdout, stderr], task, error);
  } finally {
    closeWriteEnd(stdout);
    closeWriteEnd(stderr);
  }
  const exit = new Promise<Exit>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const failure = await new Promise<unknown>((resolve) => {
    child.once('spawn', () => resolve(undefined));
    child.on('error', resolve);
  });
  if (failure !== undefined) return abandon([stdout, stderr], task, failure);
  return {
    kind: 'started',
    process: { groupId: child.pid!, exit, stdout: stdout.reader, stderr: stderr.reader },
  };
}

function spawnTask(task: Launch, [stdout, stderr]: [number, number]): ChildProcess {
  return spawn(task.programPath, task.arguments, {
    argv0: task.program,
    cwd: task.workingFolder,
    env: task.environment,
    detached: true,
    stdio: ['ignore', stdout, stderr],
    ...(task.identity ? { uid: task.identity.uid, gid: task.identity.gid } : {}),
  });
}

function abandon(pipes: OutputPipe[], task: Launch, error: unknown): Launched {
  for (const pipe of pipes) pipe.reader.destroy();
  return { kind: 'failed', ...explain(task.program, error) };
}

/** What the system's refusal means; E2BIG and the like are the task's own fault too, and running it elsewhere no cure. */
function explain(program: string, error: unknown): LaunchFailure {
  const code = (error as { code?: string }).code ?? String(error);
  if (code === 'ENOENT')
    return {
      end: 'program-missing',
      message: `the program "${program}" could not be started: the interpreter of its first line was not found`,
    };
  if (code === 'E2BIG')
    return {
      end: 'program-not-executable',
      message: `the program "${program}" could not be started: arguments and environment are too long (E2BIG)`,
    };
  if (['EACCES', 'ENOEXEC', 'EPERM', 'ELIBBAD', 'ETXTBSY'].includes(code))
    return {
      end: 'program-not-executable',
      message: `the program "${program}" could not be started by the task's user (${code})`,
    };
  throw error;
}

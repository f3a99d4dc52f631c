import path from 'node:path';
import { Launcher, type Exit } from '../launcher/launcher';
import type { Environment } from './environment';
import type { TaskFolder } from './folder';
import type { Identity } from './identity';
import { openOutputPipe, releasePipe, type OutputPipe } from './output-pipe';
import { processesNow } from './process-group';
import type { LaunchFailure } from './program-path';

export type { Exit } from '../launcher/launcher';

export interface Launch {
  program: string;
  /** Where `program` was found. */
  programPath: string;
  arguments: string[];
  workingFolder: string;
  environment: Environment;
  identity: Identity | undefined;
}

export interface TaskProcess {
  /** Also the id of its process group and session. */
  readonly groupId: number;
  /** Processes that were there before it. */
  readonly before: ReadonlySet<string>;
  /** Rejects where nobody can tell any more. */
  readonly exit: Promise<Exit>;
  readonly stdout: OutputPipe['reader'];
  readonly stderr: OutputPipe['reader'];
}

export type Launched = { kind: 'started'; process: TaskProcess } | ({ kind: 'failed' } & LaunchFailure);

const launcher = new Launcher(process.argv[1] ?? '');

export async function launch(task: Launch, folder: TaskFolder): Promise<Launched> {
  const workFolder = path.dirname(folder.root);
  const stdout = await openOutputPipe(workFolder, task.identity);
  const stderr = await openOutputPipe(workFolder, task.identity);
  const before = processesNow();
  const { program, programPath, workingFolder, environment, identity } = task;
  let isStarted = false;
  try {
    const answer = await launcher.start({
      ...{ programPath, workingFolder, environment },
      argv0: program,
      arguments: task.arguments,
      user: identity && { uid: identity.uid, gid: identity.gid },
      stdout: stdout.file,
      stderr: stderr.file,
    });
    if (answer.kind === 'refused') return { kind: 'failed', ...explain(program, answer.code) };
    isStarted = true;
    const { pid, exit } = answer.program;
    const readers = { stdout: stdout.reader, stderr: stderr.reader };
    return { kind: 'started', process: { groupId: pid, before, exit, ...readers } };
  } finally {
    for (const pipe of [stdout, stderr]) {
      releasePipe(pipe);
      if (!isStarted) pipe.reader.destroy();
    }
  }
}

/** What the system's refusal means; E2BIG and the like are the task's own fault too, and running it elsewhere no cure. */
function explain(program: string, code: string): LaunchFailure {
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
  throw new Error(`the program "${program}" could not be started (${code})`);
}

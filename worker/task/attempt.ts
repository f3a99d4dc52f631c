import path from 'node:path';
import { outputBlob, type OutputStream } from '../../shared/contracts/blob-names';
import type { JobSpecification } from '../../shared/contracts/job-specification';
import type { TaskMessage, TaskResult } from '../../shared/contracts/work-messages';
import { crashPoint } from '../crash-point';
import type { WorkerContext } from '../worker-context';
import { taskEnvironment } from './environment';
import { announceEviction, evictionFile } from './eviction-file';
import { makeTaskFolder, removeTaskFolder, writeScript, type TaskFolder } from './folder';
import { launch, type Launched } from './launch';
import { openOutput, type Output } from './output';
import { locateProgram, locateWorkingFolder } from './program-path';
import { endingOf, failedEnding, refusal, resultOf, type Ending } from './result';
import type { Specified } from './specifications';
import { superviseTask } from './supervise';

export interface Attempt {
  message: TaskMessage;
  attemptId: string;
  /** This one too; interrupted ones do not count. */
  begun: number;
  specified: Specified;
  /** Aborted when the attempt is no longer wanted, or its output can go nowhere. */
  abandon: AbortController;
}

/** Runs the task and brings all its output to storage. Undefined: the attempt was abandoned, and nothing may be committed. */
export async function runAttempt(attempt: Attempt, context: WorkerContext): Promise<TaskResult | undefined> {
  const { message, attemptId } = attempt;
  const startedAt = new Date();
  const { worker } = context;
  context.running.begin(worker, {
    jobId: message.jobId,
    task: message.task,
    attemptId,
    startedAt: startedAt.toISOString(),
  });
  try {
    const streams = await openStreams(attempt, context);
    crashPoint('streams-created');
    const ending = await endTask(attempt, streams, context);
    await Promise.all([streams.stdout.finish(), streams.stderr.finish()]);
    crashPoint('output-complete');
    if (!ending) return undefined;
    const [stdoutBytes, stderrBytes] = [streams.stdout.written, streams.stderr.written];
    return resultOf({ message, attemptId, worker, ending, startedAt, stdoutBytes, stderrBytes });
  } finally {
    context.running.end(worker);
  }
}

function openStreams({ message, attemptId, abandon }: Attempt, context: WorkerContext): Promise<Output> {
  const { jobId, task, retry } = message;
  const blobOf = (stream: OutputStream, segment: number): string =>
    outputBlob({ jobId, task, retry, attemptId }, stream, segment);
  return openOutput(context, blobOf, () => abandon.abort());
}

/** The ending, with the reason on stderr where the task could not be started. Undefined: abandoned. */
async function endTask(
  attempt: Attempt,
  streams: Output,
  context: WorkerContext,
): Promise<Ending | undefined> {
  const { specified, message, begun } = attempt;
  const specification = specified.kind === 'valid' ? specified.specification : undefined;
  const refused =
    specified.kind === 'valid'
      ? refusal(specified.specification, message, begun)
      : failedEnding('specification-invalid', specified.reason);
  const ending =
    refused ?? (specification && (await runInFolder({ ...attempt, specification }, streams, context)));
  if (ending && !['exited', 'signalled'].includes(ending.end)) {
    await streams.stderr.write(Buffer.from(`muster: ${ending.message}\n`));
  }
  return ending;
}

type Runnable = Attempt & { specification: JobSpecification };

async function runInFolder(
  attempt: Runnable,
  streams: Output,
  context: WorkerContext,
): Promise<Ending | undefined> {
  const folder = makeTaskFolder(context.workFolder, attempt.attemptId, context.identity);
  crashPoint('folder-made');
  const unannounce = announceEviction(folder, context.lifecycle, context.log);
  try {
    const launched = await start(attempt, folder, context);
    if (launched.kind === 'failed') return failedEnding(launched.end, launched.message);
    crashPoint('task-started');
    const { taskTimeoutMs: timeoutMs } = attempt.specification;
    const { lifecycle, settings } = context;
    const supervised = await superviseTask(launched.process, {
      ...streams,
      attemptId: attempt.attemptId,
      timeoutMs,
      // An eviction's grace ends with its notice, which aborts `stopping`.
      killGraceMs: () => (lifecycle.eviction ? settings.evictionTerminateMs : settings.killGraceMs),
      abandon: attempt.abandon.signal,
      stopping: lifecycle.stopping,
    });
    if (supervised.kind === 'abandoned') return undefined;
    return endingOf(supervised.exit, supervised.isTimedOut ? timeoutMs : undefined);
  } finally {
    unannounce();
    removeTaskFolder(folder.root, context.log);
  }
}

async function start(attempt: Runnable, folder: TaskFolder, context: WorkerContext): Promise<Launched> {
  const { specification, message, attemptId } = attempt;
  const { identity } = context;
  const environment = taskEnvironment({
    admitted: context.admittedEnvironment,
    specification,
    message,
    attemptId,
    worker: context.worker,
    user: identity?.user,
    home: folder.work,
    temporary: folder.temporary,
    evictionFile: evictionFile(folder),
  });
  const workingFolder = path.resolve(folder.work, specification.workingDirectory ?? '.');
  const misplaced = locateWorkingFolder(workingFolder, identity);
  if (misplaced) return { kind: 'failed', ...misplaced };
  const [program, ...rest] = commandOf(specification, folder, context);
  const located = locateProgram(program, { workingFolder, environment, identity });
  if (located.kind === 'failed') return located;
  const task = { program, programPath: located.path, arguments: rest, workingFolder, environment, identity };
  return launch(task, folder);
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

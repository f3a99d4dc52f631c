import path from 'node:path';
import { outputBlob, type OutputStream } from '../../shared/contracts/blob-names';
import type { JobSpecification } from '../../shared/contracts/job-specification';
import type { KeptResult } from '../../shared/contracts/work-messages';
import type { JobWatch } from '../claims/cancellations';
import { crashPoint } from '../crash-point';
import { InputMissingError } from '../files/download';
import { maskedSinks } from '../files/masking-sink';
import type { Brought } from '../files/task-files';
import { describeError, type Log } from '../log';
import { TaskLines, type TaskStreams } from '../logs/task-lines';
import type { TaskName } from '../storage/job-blobs';
import { CutOffError } from '../storage/retry';
import type { WorkerContext } from '../worker-context';
import { diagnosed, freeBytes, readVitals } from './diagnosis';
import { taskEnvironment } from './environment';
import { announceEviction, evictionFile } from './eviction-file';
import { releaseTaskFolder, writeScript, type TaskFolder } from './folder';
import type { JobAccess } from './job-tokens';
import { launch, type Launched } from './launch';
import { finishOutput, startOutput, type Output } from './output';
import { locateProgram, locateWorkingFolder } from './program-path';
import { endingOf, failedEnding, refusal, resultOf, withOutputs, type Ending } from './result';
import type { Specified } from './specifications';
import { superviseTask } from './supervise';

export interface Attempt {
  name: TaskName;
  attemptId: string;
  /** This one too; interrupted ones do not count. */
  begun: number;
  specified: Specified;
  /** Aborted when the attempt is no longer wanted, or its output can go nowhere. */
  abandon: AbortController;
  job: JobWatch;
}

/** Runs the task and brings all its output to storage, or into the result. Undefined: the attempt was abandoned, and nothing may be committed. */
export async function runAttempt(attempt: Attempt, context: WorkerContext): Promise<KeptResult | undefined> {
  const { name, attemptId } = attempt;
  const startedAt = new Date();
  const { worker, settings, running } = context;
  const { jobId, task } = name;
  const output = outputOf(attempt, context);
  const lines = context.logSink && new TaskLines(output, context.logSink, { ...name, attemptId, worker });
  // Seen from outside only if it lasts: most tasks are over before anybody could look.
  const announce = setTimeout(() => {
    output.stdout.announce();
    running.announce();
  }, settings.announceMs);
  running.begin(worker, { jobId, task, attemptId, startedAt: startedAt.toISOString() });
  try {
    const ending = await endTask(attempt, lines ?? output, context);
    clearTimeout(announce);
    lines?.end();
    const finished = await finishOutput(output, ending ? settings.inlineOutputBytes : -1);
    crashPoint('output-complete');
    return ending && resultOf({ name, attemptId, worker, ending, startedAt, ...finished });
  } finally {
    clearTimeout(announce);
    running.end(worker);
  }
}

function outputOf({ name, attemptId, abandon }: Attempt, context: WorkerContext): Output {
  const blobOf = (stream: OutputStream, segment: number): string =>
    outputBlob({ ...name, attemptId }, stream, segment);
  return startOutput(context, blobOf, () => abandon.abort());
}

/** The ending, with the reason on stderr where the task could not be started. Undefined: abandoned. */
async function endTask(
  attempt: Attempt,
  streams: TaskStreams,
  context: WorkerContext,
): Promise<Ending | undefined> {
  const { specified, name, begun } = attempt;
  const specification = specified.kind === 'valid' ? specified.specification : undefined;
  const refused =
    specified.kind === 'valid'
      ? refusal(specified.specification, name, begun)
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
  streams: TaskStreams,
  context: WorkerContext,
): Promise<Ending | undefined> {
  const { files, lifecycle, log } = context;
  const { specification, name, attemptId, abandon } = attempt;
  const folder = files.make(attemptId, specification);
  crashPoint('folder-made');
  const unannounce = announceEviction(folder, lifecycle, log);
  try {
    const brought = await bringFiles(attempt, folder, context);
    if (!brought || 'end' in brought) return brought;
    const ending = await runProgram({ ...attempt, brought, folder }, streams, context);
    const keeping = files.keep(folder, { ...name, attemptId }, abandon.signal);
    const isEnd = ending && ending.end !== 'evicted';
    const kept = await (isEnd ? keeping : keeping.catch(notKept(log)));
    crashPoint('outputs-kept');
    return ending && withOutputs(ending, kept);
  } finally {
    unannounce();
    releaseTaskFolder(folder, log);
  }
}

/** Nobody counts on what an attempt leaves that did not come to its end. */
function notKept(log: Log): (error: unknown) => undefined {
  return (error) => void log('warning', 'outputs-not-kept', describeError(error));
}

/** What was sent along; or how the attempt ends without it (undefined: abandoned). */
async function bringFiles(
  attempt: Runnable,
  folder: TaskFolder,
  context: WorkerContext,
): Promise<Brought | Ending | undefined> {
  const { abandon, job, specification } = attempt;
  try {
    return await context.files.bring(folder, specification, [abandon.signal, job.cancelled]);
  } catch (error) {
    if (error instanceof InputMissingError) return failedEnding('input-missing', error.message);
    if (!(error instanceof CutOffError)) throw error;
    if (abandon.signal.aborted) return abandoned(attempt, context);
    if (job.cancelled.aborted) return failedEnding('cancelled', 'its job was cancelled before it had begun');
    throw error;
  }
}

interface Equipped extends Runnable {
  folder: TaskFolder;
  brought: Brought;
}

async function runProgram(
  attempt: Equipped,
  streams: TaskStreams,
  context: WorkerContext,
): Promise<Ending | undefined> {
  const access = await openAccess(attempt, context);
  try {
    return await superviseProgram(attempt, { streams, access }, context);
  } finally {
    access?.close();
  }
}

async function superviseProgram(
  attempt: Equipped,
  { streams, access }: { streams: TaskStreams; access: JobAccess | undefined },
  context: WorkerContext,
): Promise<Ending | undefined> {
  const { folder, brought } = attempt;
  const launched = await start(attempt, access, context);
  if (launched.kind === 'failed') return failedEnding(launched.end, launched.message);
  crashPoint('task-started');
  const { taskTimeoutMs: timeoutMs } = attempt.specification;
  const before = readVitals();
  const { sinks, end } = maskedSinks(streams, brought.secrets);
  const { exit, endedBy } = await superviseTask(launched.process, {
    ...sinks,
    attemptId: attempt.attemptId,
    timeoutMs,
    killGraceMs: () => graceOf(attempt, context),
    abandon: attempt.abandon.signal,
    cancelled: attempt.job.cancelled,
    stopping: context.lifecycle.stopping,
  });
  await end();
  if (endedBy === 'abandonment') return abandoned(attempt, context);
  const vm = {
    before,
    after: readVitals(),
    freeBytes: freeBytes(folder.root, workingFolderOf(attempt, folder)),
  };
  return diagnosed(endingOf(exit, endedBy, timeoutMs), vm);
}

function abandoned({ specification }: Runnable, { lifecycle }: WorkerContext): Ending | undefined {
  const isEvicted = specification.failsOnEviction && lifecycle.eviction !== undefined;
  return isEvicted
    ? failedEnding('evicted', 'its Spot VM was evicted, and its job is not to be run again')
    : undefined;
}

/** An eviction's grace ends with its notice, which aborts `stopping`. */
function graceOf({ job, specification }: Runnable, { lifecycle, settings }: WorkerContext): number {
  if (lifecycle.eviction) return settings.evictionTerminateMs;
  return job.graceMs ?? specification.killGraceMs ?? settings.killGraceMs;
}

async function openAccess(
  { specification, name, abandon, job, folder }: Equipped,
  { jobTokens, identity }: WorkerContext,
): Promise<JobAccess | undefined> {
  if (!specification.controlPlaneAccess) return undefined;
  const hurry = [abandon.signal, job.cancelled];
  return jobTokens.open({ jobId: name.jobId, folder, identity, hurry });
}

function workingFolderOf({ specification }: Runnable, folder: TaskFolder): string {
  return path.resolve(folder.work, specification.workingDirectory ?? '.');
}

async function start(
  attempt: Equipped,
  access: JobAccess | undefined,
  context: WorkerContext,
): Promise<Launched> {
  const { specification, name, attemptId, folder, brought } = attempt;
  const { identity } = context;
  const environment = taskEnvironment({
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
  const workingFolder = workingFolderOf(attempt, folder);
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

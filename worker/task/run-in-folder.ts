import type { JobSpecification } from '../../shared/contracts/job-specification';
import { crashPoint } from '../crash-point';
import { InputMissingError } from '../files/download';
import { keptOfAll } from '../files/keep-outputs';
import { maskedSinks } from '../files/masking-sink';
import type { Brought } from '../files/task-files';
import { describeError, type Log } from '../log';
import type { TaskStreams } from '../logs/task-lines';
import { CutOffError } from '../storage/retry';
import type { WorkerContext } from '../worker-context';
import type { Attempt } from './attempt';
import { diagnosed, freeBytes, readVitals } from './diagnosis';
import { announceEviction } from './eviction-file';
import { releaseTaskFolder, type TaskFolder } from './folder';
import type { JobAccess } from './job-tokens';
import { endingOf, failedEnding, withOutputs, type Ending } from './result';
import { startProgram, workingFolderOf } from './start-program';
import { superviseTask, type EndedBy } from './supervise';

/** An attempt whose specification can be run. */
export type Runnable = Attempt & { specification: JobSpecification };

/** Runs the task in a folder of its own, with what was sent along, and keeps what it leaves. Undefined: abandoned. */
export async function runInFolder(
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
    const { gang } = attempt;
    const node = gang && { index: 0, count: gang.nodes };
    const keeping = files.keep(folder, { ...name, attemptId, node }, abandon.signal);
    const isEnd = ending && ending.end !== 'evicted';
    const kept = await (isEnd ? keeping : keeping.catch(notKept(log)));
    crashPoint('outputs-kept');
    return ending && withOutputs(ending, gang ? keptOfAll(kept, gang.kept) : kept);
  } finally {
    attempt.gang?.close();
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

/** With its folder, and what was brought into it. */
export interface Equipped extends Runnable {
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
  const launched = await startProgram(attempt, access, context);
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
  if (endedBy === 'abandonment' || (await isGangLost(attempt, endedBy))) return abandoned(attempt, context);
  const vm = {
    before,
    after: readVitals(),
    freeBytes: freeBytes(folder.root, workingFolderOf(attempt, folder)),
  };
  return diagnosed(endingOf(exit, endedBy, timeoutMs), vm);
}

/**
 * Without one of its VMs an attempt of several has not ended of its own: its program may have noticed first that a VM went, or files that
 * it left there are gone. What was to end in any case has ended.
 */
async function isGangLost({ gang, abandon }: Runnable, endedBy: EndedBy): Promise<boolean> {
  if (!gang) return false;
  const isLost = gang.loss !== undefined;
  const isSettled = await gang.settle(abandon.signal);
  return isLost || (endedBy === 'itself' && !isSettled);
}

function abandoned({ specification, gang }: Runnable, { lifecycle }: WorkerContext): Ending | undefined {
  const wasEvicted = gang?.loss?.reason === 'evicted' || lifecycle.eviction !== undefined;
  const isEvicted = specification.failsOnEviction && wasEvicted;
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

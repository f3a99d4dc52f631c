import { outputBlob, type OutputStream } from '../../shared/contracts/blob-names';
import type { KeptResult } from '../../shared/contracts/work-messages';
import type { JobWatch } from '../claims/cancellations';
import { crashPoint } from '../crash-point';
import type { GangLeader } from '../gang/head';
import { TaskLines, type TaskStreams } from '../logs/task-lines';
import type { TaskName } from '../storage/job-blobs';
import type { WorkerContext } from '../worker-context';
import { finishOutput, startOutput, type Output } from './output';
import { failedEnding, refusal, resultOf, type Ending } from './result';
import { runInFolder } from './run-in-folder';
import type { Specified } from './specifications';

export interface Attempt {
  name: TaskName;
  attemptId: string;
  /** This one too; interrupted ones do not count. */
  begun: number;
  specified: Specified;
  /** Aborted when the attempt is no longer wanted, or its output can go nowhere. */
  abandon: AbortController;
  job: JobWatch;
  /** Where the task runs on several VMs: this one leads. */
  gang?: GangLeader | undefined;
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

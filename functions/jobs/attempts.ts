import { parseResultBatchBlob, type AttemptView, type KeptResult } from '../../shared/contracts';
import { countingRuns, type AttemptRun, type JobRow, type TaskOutcome } from '../../shared/domain';
import type { AttemptListing, JobOutput } from '../../shared/ports';
import type { App } from '../app';
import { listRowsOfTask } from '../records/jobs';

/** All that is known of one attempt of a task. */
interface KnownAttempt {
  run: AttemptRun;
  outcome: Omit<TaskOutcome, 'batch'> | null;
}

/** So many batches are read for results that were kept and do not count. */
const maxBatchesRead = 100;

/** Every attempt of a task that left a trace, oldest first: output in blobs, a result that counts, or one that came too late. */
export async function knownAttempts(app: App, job: JobRow, task: number): Promise<KnownAttempt[]> {
  const output = app.jobOutput(job.owner);
  const [rows, listed, kept] = await Promise.all([
    listRowsOfTask(app.records, job, task),
    output.listAttempts(job.jobId, task),
    keptResults(output, job.jobId, task),
  ]);
  const known = new Map<string, KnownAttempt>();
  for (const attempt of listed) known.set(keyOf(attempt), { run: listedRun(attempt), outcome: null });
  for (const { blob, result } of kept) known.set(keyOf(result), ofResult(blob, result));
  for (const { retry, outcome } of rows) {
    if (!outcome) continue;
    const run = { ...runOf(outcome.batch, { ...outcome, retry }), isCommitted: true };
    known.set(keyOf(run), { run, outcome });
  }
  return [...known.values()].sort((a, b) => (orderOf(a.run) < orderOf(b.run) ? -1 : 1));
}

export function attemptViews(attempts: KnownAttempt[]): AttemptView[] {
  const counting = new Set(countingRuns(attempts.map(({ run }) => run)));
  return attempts.map(({ run, outcome }) => ({
    attemptId: run.attemptId,
    retry: run.retry,
    counts: counting.has(run),
    end: outcome?.end ?? null,
    exitCode: outcome?.exitCode ?? null,
    signal: outcome?.signal ?? null,
    message: outcome?.message ?? null,
    worker: outcome?.worker ?? null,
    startedAt: outcome?.startedAt ?? run.createdAt,
    endedAt: outcome?.endedAt ?? null,
    stdoutBytes: run.stdoutBytes,
    stderrBytes: run.stderrBytes,
  }));
}

export function listedRun(attempt: AttemptListing): AttemptRun {
  const { jobId: _jobId, task: _task, ...rest } = attempt;
  return { ...rest, batch: null, isCommitted: false };
}

type RunFacts = Pick<
  KeptResult,
  'retry' | 'attemptId' | 'stdoutBytes' | 'stderrBytes' | 'startedAt' | 'outputIn'
>;

function runOf(blob: string, facts: RunFacts): AttemptRun {
  const { retry, attemptId, stdoutBytes, stderrBytes, startedAt: createdAt } = facts;
  const batch = facts.outputIn === 'result' ? blob : null;
  return { retry, attemptId, stdoutBytes, stderrBytes, createdAt, batch, isCommitted: false };
}

function ofResult(blob: string, { output: _, ...outcome }: KeptResult): KnownAttempt {
  return { run: runOf(blob, outcome), outcome };
}

async function keptResults(
  output: JobOutput,
  jobId: string,
  task: number,
): Promise<{ blob: string; result: KeptResult }[]> {
  const names = (await output.listResultBatches(jobId, task)).filter((blob) => {
    const name = parseResultBatchBlob(blob);
    return name && name.first <= task && task <= name.last;
  });
  const found: { blob: string; result: KeptResult }[] = [];
  for (const blob of names.slice(0, maxBatchesRead)) {
    const batch = await output.getResultBatch(blob);
    const result = batch?.results.find((one) => one.task === task);
    if (result) found.push({ blob, result });
  }
  return found;
}

function keyOf({ retry, attemptId }: { retry: number; attemptId: string }): string {
  return `${retry}/${attemptId}`;
}

function orderOf({ retry, createdAt, attemptId }: AttemptRun): string {
  return `${String(retry).padStart(3, '0')}/${createdAt}/${attemptId}`;
}

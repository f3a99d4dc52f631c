import type { OutputStream } from '../../shared/contracts';
import { countingRuns, lastRuns, runsOfRows, type AttemptRun, type JobRow } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { AttemptListing, JobOutput, OutputRange, WantedRange } from '../../shared/ports';
import type { App } from '../app';
import { listRowsOfTask } from '../records/jobs';
import { knownAttempts, listedRun } from './attempts';

/** A stream of one attempt. */
export interface AttemptOutput {
  source: string;
  read(range: WantedRange): Promise<OutputRange>;
}

/** The attempt whose output counts: that which committed its task's last retry, else the one begun last; undefined before the first. */
export async function currentRun(app: App, job: JobRow, task: number): Promise<AttemptRun | undefined> {
  const rows = await listRowsOfTask(app.records, job, task);
  const runs = runsOfRows(rows);
  const isSettled = [...lastRuns(rows)].at(0)?.outcome;
  if (!isSettled) runs.push(...(await app.jobOutput(job.owner).listAttempts(job.jobId, task)).map(listedRun));
  return countingRuns(runs).at(-1);
}

/** Throws 404 where nothing is known of such an attempt. */
export async function namedRun(
  app: App,
  job: JobRow,
  { task, attemptId }: { task: number; attemptId: string },
): Promise<AttemptRun> {
  const found = (await knownAttempts(app, job, task)).find(({ run }) => run.attemptId === attemptId);
  if (found) return found.run;
  const message = `Task ${task} of job '${job.jobId}' has no attempt '${attemptId}': GET /api/jobs/${job.jobId}/tasks/${task}/attempts lists those that are known.`;
  throw new ApiError(404, 'AttemptNotFound', message, { target: 'attempt' });
}

/** Where a run's bytes are read, wherever they lie. */
export class RunReader {
  readonly #output: JobOutput;
  readonly #jobId: string;
  /** The batch read last: tasks that ended together are often read together. */
  #batch: { blob: string; read: ReturnType<JobOutput['getResultBatch']> } | undefined;

  constructor(app: App, { owner, jobId }: JobRow) {
    this.#output = app.jobOutput(owner);
    this.#jobId = jobId;
  }

  streamOf({ task, run, stream }: { task: number; run: AttemptRun; stream: OutputStream }): AttemptOutput {
    const { retry, attemptId, batch } = run;
    const attempt = { jobId: this.#jobId, task, retry, attemptId };
    const read = (range: WantedRange): Promise<OutputRange> =>
      batch === null
        ? this.#output.readStream(attempt, stream, range)
        : this.#readResult({ batch, task, attemptId }, stream, range);
    return { source: attemptId, read };
  }

  /** Short output lies in the result itself. */
  async #readResult(
    { batch, task, attemptId }: { batch: string; task: number; attemptId: string },
    stream: OutputStream,
    { start, end: asked }: WantedRange,
  ): Promise<OutputRange> {
    if (this.#batch?.blob !== batch) this.#batch = { blob: batch, read: this.#output.getResultBatch(batch) };
    const kept = await this.#batch.read;
    const result = kept?.results.find((one) => one.task === task && one.attemptId === attemptId);
    const bytes = Buffer.from(result?.output?.[stream] ?? '', 'base64');
    const end = Math.max(start, Math.min(asked ?? bytes.length, bytes.length));
    return { start, end, totalBytes: bytes.length, body: chunks(bytes.subarray(start, end)) };
  }
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

/** Of several attempts the one that was begun last. */
export function latest(attempts: AttemptListing[]): AttemptListing | undefined {
  const order = ({ retry, createdAt, attemptId }: AttemptListing): string =>
    `${String(retry).padStart(3, '0')}/${createdAt}/${attemptId}`;
  return attempts.reduce<AttemptListing | undefined>(
    (last, attempt) => (last && order(last) > order(attempt) ? last : attempt),
    undefined,
  );
}

import type { OutputStream } from '../../shared/contracts';
import type { JobRow } from '../../shared/domain';
import type { AttemptListing, JobOutput, OutputRange } from '../../shared/ports';
import type { App } from '../app';
import { getTaskRow } from '../records/jobs';

interface Range {
  start: number;
  end?: number;
}

/** A stream of one attempt. */
export interface AttemptOutput {
  source: string;
  read(range: Range): Promise<OutputRange>;
}

/** The output that counts: of the attempt that committed, else of the latest one begun; undefined before the first. */
export async function currentOutput(
  app: App,
  job: JobRow,
  { task, stream }: { task: number; stream: OutputStream },
): Promise<AttemptOutput | undefined> {
  const { jobId } = job;
  const output = app.jobOutput(job.owner);
  const row = await getTaskRow(app.records, job, task);
  if (row?.outcome?.outputIn === 'result') {
    const { batch, attemptId } = row.outcome;
    const read = (range: Range) => readResult(output, { batch, task }, { stream, range });
    return { source: attemptId, read };
  }
  const attempt = row?.outcome
    ? { jobId, task, retry: row.retry, attemptId: row.outcome.attemptId }
    : latest(await output.listAttempts(jobId, task));
  return attempt && { source: attempt.attemptId, read: (range) => output.readStream(attempt, stream, range) };
}

/** Short output lies in the result itself. */
async function readResult(
  output: JobOutput,
  { batch, task }: { batch: string; task: number },
  { stream, range: { start, end: asked } }: { stream: OutputStream; range: Range },
): Promise<OutputRange> {
  const kept = await output.getResultBatch(batch);
  const result = kept?.results.find((one) => one.task === task);
  const bytes = Buffer.from(result?.output?.[stream] ?? '', 'base64');
  const end = Math.max(start, Math.min(asked ?? bytes.length, bytes.length));
  return { start, end, totalBytes: bytes.length, body: chunks(bytes.subarray(start, end)) };
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

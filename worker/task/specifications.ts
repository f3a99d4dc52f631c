import { JobSpecification } from '../../shared/contracts/job-specification';
import type { TaskMessage } from '../../shared/contracts/work-messages';
import type { JobBlobs } from '../storage/job-blobs';

export type Specified =
  { kind: 'valid'; specification: JobSpecification } | { kind: 'invalid'; reason: string };

const kept = 16;

export function parseSpecification(text: string | undefined): Specified {
  if (text === undefined) return { kind: 'invalid', reason: 'the job has no specification: it was deleted' };
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return { kind: 'invalid', reason: 'the specification is not JSON' };
  }
  const parsed = JobSpecification.safeParse(content);
  if (parsed.success) return { kind: 'valid', specification: parsed.data };
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return { kind: 'invalid', reason: `the specification is not valid: ${problems.join('; ')}` };
}

/** A job's specification never changes, so one reading serves all its tasks; the last few jobs are kept. */
export class Specifications {
  readonly #byJob = new Map<string, Promise<Specified>>();

  constructor(readonly blobs: JobBlobs) {}

  async of({ jobId, specification }: TaskMessage): Promise<Specified> {
    if (specification) return { kind: 'valid', specification };
    const known = this.#byJob.get(jobId) ?? this.blobs.readSpecification(jobId).then(parseSpecification);
    this.#byJob.delete(jobId);
    this.#byJob.set(jobId, known);
    const oldest = this.#byJob.keys().next().value;
    if (this.#byJob.size > kept && oldest !== undefined) this.#byJob.delete(oldest);
    try {
      const specified = await known;
      if (specified.kind === 'invalid') this.#byJob.delete(jobId);
      return specified;
    } catch (error) {
      this.#byJob.delete(jobId);
      throw error;
    }
  }
}

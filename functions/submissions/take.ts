import type { DurableClient } from 'durable-functions';
import type { JobRequest } from '../../shared/contracts';
import { keptText, submissionIdOf, type JobRow } from '../../shared/domain';
import { ApiError, type Problem } from '../../shared/errors';
import type { App } from '../app';
import { problemsOf } from '../http/all-found';
import { resumeJobOfKey, submitJob } from '../jobs/submit-job';
import {
  getSubmission,
  keepSubmission,
  noteDelivery,
  textHash,
  type SubmissionRow,
} from '../records/submissions';
import { readJobText, readMessage, type ReadMessage } from './read-message';
import { replyToSubmission } from './replies';

/** One delivery of a message. */
export interface Delivery {
  messageId: string;
  insertedAt: string;
  /** This one included. */
  deliveries: number;
  raw: string;
}

type Outcome = { job: JobRow } | { problems: Problem[] };

/**
 * Makes one job of a message, or keeps it as rejected with every problem. What became of it is decided once, and written before it is
 * told: a repeat goes on from there. Rejects for failures on our side alone.
 */
export async function takeSubmission(app: App, durable: DurableClient, delivery: Delivery): Promise<void> {
  const id = submissionIdOf(delivery);
  await noteDelivery(app.records, id, delivery);
  const known = await getSubmission(app.records, id);
  const row = known ?? (await decide(app, durable, delivery));
  await replyToSubmission(app, row);
}

/** For a message that has failed for too long. What was decided before stays. */
export async function giveUpSubmission(app: App, delivery: Delivery, problem: Problem): Promise<void> {
  const known = await getSubmission(app.records, submissionIdOf(delivery));
  if (!known) await replyToSubmission(app, await settle(app, delivery, { problems: [problem] }));
}

async function decide(app: App, durable: DurableClient, delivery: Delivery): Promise<SubmissionRow> {
  const outcome = await submit(app, durable, delivery).catch((error: unknown): Outcome => {
    if (!(error instanceof ApiError) || error.status >= 500) throw error;
    return { problems: problemsOf(error) };
  });
  return settle(app, delivery, outcome);
}

async function submit(app: App, durable: DurableClient, delivery: Delivery): Promise<Outcome> {
  const { asked, idempotencyKey } = readMessage(delivery.raw);
  if ('problems' in asked) return asked;
  const ownKey = `queue-message:${delivery.messageId}`;
  // An earlier delivery may have made it: then it counts, whatever has become of the blob since.
  const made = delivery.deliveries > 1 ? await resumeJobOfKey(app, durable, ownKey) : undefined;
  if (made) return { job: made };
  const found = 'blob' in asked ? await readBlob(app, asked.blob.name) : asked;
  if ('problems' in found) return found;
  return { job: await submitJob(app, durable, { request: found.request, key: idempotencyKey ?? ownKey }) };
}

async function readBlob(app: App, name: string): Promise<{ request: JobRequest } | { problems: Problem[] }> {
  const found = await app.submissions.readJobBlob(name);
  if (typeof found === 'object') return readJobText(found.text);
  const message =
    found === 'missing'
      ? `There is no blob '${name}': put it there before the message is sent.`
      : `The blob '${name}' has more than 4 MiB.`;
  return {
    problems: [
      { code: found === 'missing' ? 'BlobNotFound' : 'PayloadTooLarge', message, target: 'jobBlob.name' },
    ],
  };
}

async function settle(app: App, delivery: Delivery, outcome: Outcome): Promise<SubmissionRow> {
  const { messageId, insertedAt, raw } = delivery;
  const { text, idempotencyKey, replyTo }: ReadMessage = readMessage(raw);
  const isAccepted = 'job' in outcome;
  return keepSubmission(app.records, {
    id: submissionIdOf(delivery),
    state: isAccepted ? 'accepted' : 'rejected',
    messageId,
    insertedAt,
    settledAt: new Date(app.clock.now()).toISOString(),
    idempotencyKey,
    jobId: isAccepted ? outcome.job.jobId : null,
    problems: isAccepted ? [] : outcome.problems,
    text: isAccepted ? null : keptText(text),
    replyTo,
    replyProblem: null,
    isReplied: replyTo === null,
    textHash: textHash(raw),
  });
}

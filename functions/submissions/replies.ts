import { finalJobStates, type SubmissionReply } from '../../shared/contracts';
import type { JobReply, JobRow } from '../../shared/domain';
import type { App } from '../app';
import { jobView } from '../http/job-view';
import { againAtConflict } from '../records/again-at-conflict';
import { getJob, type Job } from '../records/jobs';
import { copyRejected, getSubmission, putSubmission, type SubmissionRow } from '../records/submissions';

const attempts = 5;
/** Submissions of one job (under one key) that are told of its end. */
const maxReplies = 20;

/** Tells what became of a submission, where it says where; at least once. */
export async function replyToSubmission(app: App, row: SubmissionRow): Promise<void> {
  await copyRejected(app.records, row);
  const { id, replyTo, jobId, problems, state } = row;
  if (row.isReplied || !replyTo) return;
  const job = jobId === null ? undefined : await getJob(app.records, jobId);
  const refusal = await app.submissions.reply(replyTo, replyOf(app, { id, event: state, job, problems }));
  const late = jobId === null || refusal ? null : await promiseEnd(app, jobId, { submissionId: id, replyTo });
  await putSubmission(app.records, { ...row, isReplied: true, replyProblem: refusal ?? late });
}

/** Tells of a job's end whoever is to know; at least once. */
export async function replyEnded(app: App, job: Job): Promise<void> {
  for (const { submissionId, replyTo } of job.row.replies ?? []) {
    const ended = replyOf(app, { id: submissionId, event: 'ended', job, problems: [] });
    const refusal = await app.submissions.reply(replyTo, ended);
    const told = refusal === null ? undefined : await getSubmission(app.records, submissionId);
    if (told) await putSubmission(app.records, { ...told, replyProblem: refusal });
  }
}

/**
 * Writes into the job that its end is to be told. The row is written before the status is read, and the job's orchestrator writes the
 * status before it reads the row: one of both tells, or both. Answers why it will not be told.
 */
async function promiseEnd(app: App, jobId: string, reply: JobReply): Promise<string | null> {
  const refusal = await againAtConflict(attempts, () => addReply(app, jobId, reply));
  if (refusal !== null) return refusal;
  const job = await getJob(app.records, jobId);
  if (!job || !finalJobStates.includes(job.status.state)) return null;
  const ended = replyOf(app, { id: reply.submissionId, event: 'ended', job, problems: [] });
  return app.submissions.reply(reply.replyTo, ended);
}

/** Answers why it cannot be added. */
async function addReply({ records }: App, jobId: string, reply: JobReply): Promise<string | null> {
  const record = await records.get<JobRow>('jobs', 'job', jobId);
  if (!record) return 'The job is gone.';
  const replies = record.value.replies ?? [];
  if (replies.some(({ submissionId }) => submissionId === reply.submissionId)) return null;
  if (replies.length >= maxReplies)
    return `${maxReplies} submissions of this job are told of its end already.`;
  await records.replace('jobs', { ...record, value: { ...record.value, replies: [...replies, reply] } });
  return null;
}

function replyOf(
  app: App,
  {
    id,
    event,
    job,
    problems,
  }: { id: string; job: Job | undefined } & Pick<SubmissionReply, 'event' | 'problems'>,
): SubmissionReply {
  const at = new Date(app.clock.now()).toISOString();
  return { version: 1, submissionId: id, event, at, job: job ? jobView(job) : null, problems };
}

import { z } from 'zod';
import { ErrorDetail } from './error-envelope';
import { JobRequest, JobView } from './jobs';

/** Jobs are submitted by messages on it: JSON, as it is or as base64. */
export const submissionsQueue = 'job-submissions';
/** Where the host puts a message that it could not deliver. */
export const submissionsPoisonQueue = 'job-submissions-poison';
/** Bodies that are too long for a message. */
export const submissionsContainer = 'job-submissions';
export const repliesContainer = 'replies';
export const maxSubmissionBytes = 4 * 1024 * 1024;

export const IdempotencyKey = z.string().min(1).max(200);

/** A path of at most 10 parts, none of which begins with a dot. */
const BlobName = z
  .string()
  .max(200)
  .regex(
    /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,9}$/,
    'must be letters, digits, ".", "_" and "-", in at most 10 parts with "/" between, none beginning with "."',
  );

/**
 * Where replies go: a queue named `replies-...`, which is made where it is not there, or a blob of the container `replies`. No other
 * name is taken, so that no message can have Muster write into what is not for replies.
 */
export const ReplyPointer = z.union([
  z.strictObject({
    queue: z
      .string()
      .max(63)
      .regex(
        /^replies(?:-[a-z0-9]+)+$/,
        'must be "replies-" and lower-case letters, digits and single hyphens, at most 63 characters',
      ),
  }),
  z.strictObject({ blob: BlobName }),
]);
export type ReplyPointer = z.infer<typeof ReplyPointer>;

/** A blob of the app's own storage account that holds the JSON of a job, at most 4 MiB of it. */
export const JobBlob = z.strictObject({
  container: z.literal(submissionsContainer).default(submissionsContainer),
  name: BlobName,
});
export type JobBlob = z.infer<typeof JobBlob>;

/** A message on the submissions queue; a bare JobRequest, without all of this, is one too. */
export const SubmissionMessage = z.strictObject({
  version: z.literal(1),
  /** This, or `jobBlob`. */
  job: JobRequest.optional(),
  jobBlob: JobBlob.optional(),
  /** As the header of POST /api/jobs. Absent: the message's own id. */
  idempotencyKey: IdempotencyKey.optional(),
  replyTo: ReplyPointer.optional(),
});
export type SubmissionMessage = z.infer<typeof SubmissionMessage>;

export const SubmissionId = z.string().regex(/^sub-[a-z0-9]{9}-[a-z0-9]{1,40}$/, 'is not a submission id');

export const SubmissionState = z.enum(['accepted', 'rejected']);
export type SubmissionState = z.infer<typeof SubmissionState>;

/** What became of one message. */
export const SubmissionView = z.object({
  id: z.string(),
  state: SubmissionState,
  messageId: z.string(),
  insertedAt: z.string(),
  settledAt: z.string(),
  idempotencyKey: z.string().nullable(),
  /** Of an accepted one. */
  jobId: z.string().nullable(),
  /** Of a rejected one, all that is wrong with it. */
  problems: z.array(ErrorDetail),
  /** Of a rejected one: its beginning, values of environment variables masked. */
  text: z.string().nullable(),
  replyTo: ReplyPointer.nullable(),
  /** Why a reply could not be given; null where there was none to give, or it was given. */
  replyProblem: z.string().nullable(),
});
export type SubmissionView = z.infer<typeof SubmissionView>;

/** A reply: base64 of this JSON in a queue, this JSON in a blob. It may come twice. `ended`: of the job. */
export const SubmissionReply = z.object({
  version: z.literal(1),
  submissionId: z.string(),
  event: z.enum(['accepted', 'rejected', 'ended']),
  at: z.string(),
  job: JobView.nullable(),
  problems: z.array(ErrorDetail),
});
export type SubmissionReply = z.infer<typeof SubmissionReply>;

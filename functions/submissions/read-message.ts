import type { z } from 'zod';
import {
  IdempotencyKey,
  JobRequest,
  ReplyPointer,
  SubmissionMessage,
  type JobBlob,
} from '../../shared/contracts';
import { decodeMessage, whyNotJson } from '../../shared/domain';
import type { Problem } from '../../shared/errors';
import { problemsOf } from '../http/problems';

/** What a message asks for: a job, a blob with one, or nothing usable. */
export type Asked = { request: JobRequest } | { blob: JobBlob } | { problems: Problem[] };

export interface ReadMessage {
  /** As it was meant, decoded. */
  text: string;
  asked: Asked;
  /** These count where the rest is unusable too. */
  idempotencyKey: string | null;
  replyTo: ReplyPointer | null;
}

const whole = '(message)';

/** Reads a message of the submissions queue: the envelope, or a job alone. Pure. */
export function readMessage(raw: string): ReadMessage {
  const { text, json } = decodeMessage(raw);
  if (json === undefined) {
    const message = `It is not JSON, nor base64 of JSON: ${whyNotJson(text)}.`;
    const problems = [{ code: 'InvalidJson', message, target: whole }];
    return { text, asked: { problems }, idempotencyKey: null, replyTo: null };
  }
  if (!isEnvelope(json)) return { text, asked: askedJob(json), idempotencyKey: null, replyTo: null };
  return {
    text,
    asked: askedByEnvelope(json),
    idempotencyKey: read(IdempotencyKey, json.idempotencyKey),
    replyTo: read(ReplyPointer, json.replyTo),
  };
}

/** The JSON of a blob that a message names. */
export function readJobText(text: string): Exclude<Asked, { blob: JobBlob }> {
  try {
    return askedJob(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch {
    const message = `The blob is not JSON: ${whyNotJson(text)}.`;
    return { problems: [{ code: 'InvalidJson', message, target: 'jobBlob' }] };
  }
}

function isEnvelope(json: unknown): json is Record<string, unknown> {
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return false;
  return ['version', 'job', 'jobBlob'].some((field) => field in json);
}

function askedJob(json: unknown): Exclude<Asked, { blob: JobBlob }> {
  const parsed = JobRequest.safeParse(json);
  return parsed.success ? { request: parsed.data } : { problems: problemsIn(parsed.error) };
}

function askedByEnvelope(json: object): Asked {
  const parsed = SubmissionMessage.safeParse(json);
  const both = 'job' in json === 'jobBlob' in json ? [oneOfBoth] : [];
  if (!parsed.success) return { problems: [...problemsIn(parsed.error), ...both] };
  const { job, jobBlob } = parsed.data;
  if (job && !jobBlob) return { request: job };
  if (jobBlob && !job) return { blob: jobBlob };
  return { problems: [oneOfBoth] };
}

const oneOfBoth: Problem = {
  code: 'InvalidField',
  message: 'Either `job` or `jobBlob` is to be there, and not both.',
  target: 'job',
};

function problemsIn(error: z.ZodError): Problem[] {
  return problemsOf(error).map((problem) =>
    problem.target === '(body)' ? { ...problem, target: whole } : problem,
  );
}

function read<Value>(schema: z.ZodType<Value>, value: unknown): Value | null {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : null;
}

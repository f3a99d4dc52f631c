import type { z } from 'zod';
import type { JobRequest, ReplyPointer } from '../shared/contracts';

/** Where to submit without the API: URLs with a signature (SAS) that may add messages to the queue, and create blobs in the container. */
export interface SubmissionPlaces {
  /** `https://{account}.queue.core.windows.net/job-submissions?{signature}` */
  queueUrl: string;
  /** `https://{account}.blob.core.windows.net/job-submissions?{signature}`; needed for jobs too long for a message. */
  containerUrl?: string;
}

export interface SubmissionOptions {
  /** As of `submitJob`: a repeat with the same key is the same job, by whichever way it comes. */
  idempotencyKey?: string;
  /** Where replies go. */
  replyTo?: ReplyPointer;
}

/** Azure's limit, of text: base64 already. */
const maxMessageLength = 64 * 1024;
/** Azure's default is seven days; after that a message is gone, and nobody hears of it. */
const neverExpires = '-1';
const serviceVersion = '2021-08-06';

/**
 * Submits a job by queue: it is taken when the control plane is there, however long that takes. A job too long for a message goes into a
 * blob first. Answers the message's id. Rejects where storage refuses.
 */
export async function submitByQueue(
  places: SubmissionPlaces,
  job: z.input<typeof JobRequest>,
  options: SubmissionOptions = {},
): Promise<string> {
  const envelope = { version: 1, ...options };
  const message = encode({ ...envelope, job });
  if (message.length <= maxMessageLength) return putMessage(places.queueUrl, message);
  if (!places.containerUrl) {
    throw new Error('The job is too long for a message: a container URL is needed to put it into a blob.');
  }
  const name = `${new Date().toISOString().slice(0, 10)}/${crypto.randomUUID()}.json`;
  await putBlob(places.containerUrl, name, JSON.stringify(job));
  return putMessage(places.queueUrl, encode({ ...envelope, jobBlob: { name } }));
}

function encode(message: object): string {
  return Buffer.from(JSON.stringify(message)).toString('base64');
}

async function putMessage(queueUrl: string, message: string): Promise<string> {
  const url = below(queueUrl, 'messages');
  url.searchParams.set('messagettl', neverExpires);
  const body = `<QueueMessage><MessageText>${message}</MessageText></QueueMessage>`;
  const response = await send(url, { method: 'POST', body, headers: { 'content-type': 'application/xml' } });
  return /<MessageId>([^<]+)<\/MessageId>/.exec(await response.text())?.[1] ?? '';
}

async function putBlob(containerUrl: string, name: string, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json', 'x-ms-blob-type': 'BlockBlob' };
  await (await send(below(containerUrl, name), { method: 'PUT', body, headers })).arrayBuffer();
}

/** The signature stays. */
function below(url: string, path: string): URL {
  const found = new URL(url);
  found.pathname = `${found.pathname.replace(/\/$/, '')}/${path}`;
  return found;
}

/** An error names the place without its signature, which is a secret. */
async function send(
  url: URL,
  request: { method: string; body: string; headers: Record<string, string> },
): Promise<Response> {
  const headers = { 'x-ms-version': serviceVersion, ...request.headers };
  const response = await fetch(url, { ...request, headers });
  if (response.ok) return response;
  const code = response.headers.get('x-ms-error-code') ?? `HTTP ${response.status}`;
  throw new Error(`${request.method} ${url.origin}${url.pathname}: ${code}.`);
}

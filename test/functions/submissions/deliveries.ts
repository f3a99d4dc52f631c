import { randomUUID } from 'node:crypto';
import { getSubmission, type SubmissionRow } from '../../../functions/records/submissions';
import { takeSubmission } from '../../../functions/submissions/take';
import { SubmissionReply, type ReplyPointer } from '../../../shared/contracts';
import { submissionIdOf } from '../../../shared/domain';
import type { PretendApp } from './pretend-app';

/** As it comes from the queue. */
export interface Message {
  messageId: string;
  insertedAt: string;
  raw: string;
}
export const message = (body: unknown): Message => ({
  messageId: randomUUID(),
  insertedAt: new Date(Math.floor(Date.now() / 1000) * 1000).toISOString(),
  raw: typeof body === 'string' ? body : JSON.stringify(body),
});
export const jobNamed = (name: string) => ({ name, target: { scaleSet: 'cbox' }, run: { program: 'true' } });

/** Hands messages to the app, and looks at what became of them. */
export const deliveriesTo = (pretend: () => PretendApp) => ({
  deliver: (sent: Message, deliveries = 1) =>
    takeSubmission(pretend().app, pretend().durable, { ...sent, deliveries }),
  kept: async (sent: Message): Promise<SubmissionRow> =>
    (await getSubmission(pretend().app.records, submissionIdOf(sent)))!,
  replies: (pointer: ReplyPointer) => takeReplies(pretend(), pointer),
});

/** What has been told, and takes it. */
async function takeReplies({ storage }: PretendApp, pointer: ReplyPointer): Promise<SubmissionReply[]> {
  const { queues, blobs } = storage;
  if ('blob' in pointer) {
    const blob = blobs.getContainerClient('replies').getBlobClient(pointer.blob);
    return [SubmissionReply.parse(JSON.parse((await blob.downloadToBuffer()).toString()))];
  }
  const { receivedMessageItems } = await queues
    .getQueueClient(pointer.queue)
    .receiveMessages({ numberOfMessages: 32, visibilityTimeout: 3600 });
  return receivedMessageItems.map(({ messageText }) =>
    SubmissionReply.parse(JSON.parse(Buffer.from(messageText, 'base64').toString())),
  );
}

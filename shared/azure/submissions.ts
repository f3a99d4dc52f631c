import { maxSubmissionBytes, submissionsContainer, submissionsPoisonQueue } from '../contracts';
import type { Submissions } from '../ports';
import { createReplies } from './replies';
import type { Storage } from './storage';
import { isAbsent, isNoContainer } from './storage-failure';

export function createSubmissions(storage: Pick<Storage, 'blobs' | 'queues'>): Submissions {
  const container = storage.blobs.getContainerClient(submissionsContainer);
  const poison = storage.queues.getQueueClient(submissionsPoisonQueue);
  return {
    async readJobBlob(name) {
      const blob = container.getBlobClient(name);
      try {
        const { contentLength = 0, etag } = await blob.getProperties();
        if (contentLength > maxSubmissionBytes) return 'too-long';
        // The very bytes that were measured.
        const body = await blob.downloadToBuffer(0, undefined, { conditions: { ifMatch: etag } });
        return { text: body.toString() };
      } catch (error) {
        if (isAbsent(error) || isNoContainer(error)) return 'missing';
        throw error;
      }
    },

    reply: createReplies(storage),

    async takeFailed(hiddenMs) {
      try {
        const { receivedMessageItems } = await poison.receiveMessages({
          numberOfMessages: 32,
          visibilityTimeout: Math.ceil(hiddenMs / 1000),
        });
        return receivedMessageItems.map(({ messageId, popReceipt, messageText, insertedOn }) => ({
          messageId,
          popReceipt,
          text: messageText,
          failedAt: insertedOn.toISOString(),
        }));
      } catch (error) {
        // The host makes the queue with the first message that it puts aside.
        if (isAbsent(error)) return [];
        throw error;
      }
    },

    async removeFailed({ messageId, popReceipt }) {
      await poison.deleteMessage(messageId, popReceipt).catch((error: unknown) => {
        if (!isAbsent(error)) throw error;
      });
    },
  };
}

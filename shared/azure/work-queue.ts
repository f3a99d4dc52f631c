import type { WorkQueue } from '../ports';
import { forEachBounded } from './bounded';
import type { Storage } from './storage';
import { isAbsent } from './storage-failure';

const concurrentSends = 16;
/** Azure's default is seven days, after which a waiting task would vanish without a word. */
const neverExpires = -1;

export function createWorkQueue(storage: Pick<Storage, 'queues'>): WorkQueue {
  return {
    async create(queue) {
      await storage.queues.getQueueClient(queue).createIfNotExists();
    },

    async enqueue(queue, messages, { delayMs = 0 } = {}) {
      const client = storage.queues.getQueueClient(queue);
      const visibilityTimeout = Math.ceil(delayMs / 1000);
      await forEachBounded(messages, concurrentSends, async (message) => {
        const send = () =>
          client.sendMessage(encodeMessage(message), { messageTimeToLive: neverExpires, visibilityTimeout });
        await send().catch(async (error: unknown) => {
          if (!isAbsent(error)) throw error;
          await client.createIfNotExists();
          await send();
        });
      });
    },

    async isEmpty(queue) {
      try {
        const { approximateMessagesCount } = await storage.queues.getQueueClient(queue).getProperties();
        return approximateMessagesCount === 0;
      } catch (error) {
        if (isAbsent(error)) return true;
        throw error;
      }
    },

    async remove(queue) {
      await storage.queues.getQueueClient(queue).deleteIfExists();
    },
  };
}

/** Base64 of JSON: what the Functions host writes and expects by default. */
function encodeMessage(message: unknown): string {
  return Buffer.from(JSON.stringify(message)).toString('base64');
}

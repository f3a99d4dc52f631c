import type { QueueClient } from '@azure/storage-queue';
import type { JobPriority } from '../../shared/contracts/names';
import type { StorageAccess } from './access';
import { persist, statusOf, withTimeout, type RetryContext } from './retry';

/** One hand-out of a message. Its pop receipt changes with every renewal. */
export interface Delivery {
  readonly messageId: string;
  readonly dequeueCount: number;
  readonly body: string;
  /** Since it was put on the queue. */
  readonly ageMs: number;
  popReceipt: string;
}

const seconds = (ms: number): number => Math.ceil(ms / 1000);

/** Azure answers 404 MessageNotFound or 400 PopReceiptMismatch when the message is another's, or gone. */
export function isMessageGone(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return statusOf(error) === 404 || code === 'PopReceiptMismatch' || code === 'MessageNotFound';
}

/** The tasks of one priority. */
export class WorkQueue {
  constructor(
    readonly priority: JobPriority,
    readonly access: StorageAccess,
    readonly retry: RetryContext,
  ) {}

  get #client(): QueueClient {
    return this.access.clients.workQueues[this.priority];
  }

  /** One look, one try: a lost answer only hides the messages for one lease. At most 32 come; none where the queue is not there yet. */
  async receive(count: number, leaseMs: number): Promise<Delivery[]> {
    const options = { numberOfMessages: count, visibilityTimeout: Math.max(1, seconds(leaseMs)) };
    const answer = await withTimeout((abortSignal) =>
      this.#client.receiveMessages({ ...options, abortSignal }),
    ).catch((error: unknown) => {
      if (statusOf(error) === 404) return undefined;
      throw error;
    });
    if (!answer) return [];
    const { receivedMessageItems, date } = answer;
    return receivedMessageItems.map(({ messageId, dequeueCount, messageText, popReceipt, insertedOn }) => ({
      messageId,
      dequeueCount,
      popReceipt,
      body: messageText,
      // Both by the clock of storage: that of the VM may be wrong.
      ageMs: (date?.getTime() ?? Date.now()) - insertedOn.getTime(),
    }));
  }

  /** Adds all; a repeat after a failure may add some twice. They never expire. */
  async send(bodies: string[]): Promise<void> {
    await Promise.all(
      bodies.map((body) =>
        persist(
          'send-message',
          (abortSignal) => this.#client.sendMessage(body, { messageTimeToLive: -1, abortSignal }),
          this.retry,
        ),
      ),
    );
  }

  /** One try: the caller decides what a failure means for its lease. With a body the message says that from now on. */
  extend(delivery: Delivery, leaseMs: number, body?: string): Promise<void> {
    return this.#update(delivery, leaseMs, body);
  }

  /** Others see it at once, or after `delayMs`, with this body where one is given. */
  giveBack(delivery: Delivery, body?: string, delayMs = 0): Promise<void> {
    return this.#update(delivery, delayMs, body);
  }

  async #update(delivery: Delivery, leaseMs: number, body?: string): Promise<void> {
    const { messageId, popReceipt } = delivery;
    const answer = await withTimeout((abortSignal) =>
      this.#client.updateMessage(messageId, popReceipt, body, seconds(leaseMs), {
        abortSignal,
      }),
    );
    if (answer.popReceipt) delivery.popReceipt = answer.popReceipt;
  }

  /** A message that is already gone, or another's by now, is left alone. */
  async remove(delivery: Delivery): Promise<void> {
    const { messageId, popReceipt } = delivery;
    try {
      await persist(
        'delete-message',
        (abortSignal) => this.#client.deleteMessage(messageId, popReceipt, { abortSignal }),
        this.retry,
      );
    } catch (error) {
      if (!isMessageGone(error)) throw error;
    }
  }
}

import type { TaskResult } from '../../shared/contracts/work-messages';
import type { StorageAccess } from './access';
import { persist, statusOf, withTimeout, type RetryContext } from './retry';

/** One hand-out of a message. Its pop receipt changes with every renewal. */
export interface Delivery {
  readonly messageId: string;
  readonly dequeueCount: number;
  readonly body: string;
  popReceipt: string;
}

const seconds = (ms: number): number => Math.ceil(ms / 1000);

/** Azure answers 404 MessageNotFound or 400 PopReceiptMismatch when the message is another's, or gone. */
export function isMessageGone(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return statusOf(error) === 404 || code === 'PopReceiptMismatch' || code === 'MessageNotFound';
}

export class WorkQueue {
  constructor(
    readonly access: StorageAccess,
    readonly retry: RetryContext,
  ) {}

  /** One look, one try: a lost answer only hides the message for one lease. */
  async receive(leaseMs: number): Promise<Delivery | undefined> {
    const options = { numberOfMessages: 1, visibilityTimeout: Math.max(1, seconds(leaseMs)) };
    const answer = await withTimeout((abortSignal) =>
      this.access.clients.workQueue.receiveMessages({ ...options, abortSignal }),
    );
    const item = answer.receivedMessageItems[0];
    if (!item) return undefined;
    const { messageId, dequeueCount, messageText, popReceipt } = item;
    return { messageId, dequeueCount, body: messageText, popReceipt };
  }

  /** One try: the caller decides what a failure means for its lease. */
  extend(delivery: Delivery, leaseMs: number): Promise<void> {
    return this.#update(delivery, leaseMs);
  }

  /** Others see it at once, with this body where one is given. */
  giveBack(delivery: Delivery, body?: string): Promise<void> {
    return this.#update(delivery, 0, body);
  }

  async #update(delivery: Delivery, leaseMs: number, body?: string): Promise<void> {
    const { messageId, popReceipt } = delivery;
    const answer = await withTimeout((abortSignal) =>
      this.access.clients.workQueue.updateMessage(messageId, popReceipt, body, seconds(leaseMs), {
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
        (abortSignal) => this.access.clients.workQueue.deleteMessage(messageId, popReceipt, { abortSignal }),
        this.retry,
      );
    } catch (error) {
      if (!isMessageGone(error)) throw error;
    }
  }

  /** A repeat posts it twice; the control plane takes the second as news it has. */
  async postCompletion(result: TaskResult): Promise<void> {
    const text = Buffer.from(JSON.stringify(result)).toString('base64');
    await persist(
      'post-completion',
      (abortSignal) => this.access.clients.completionsQueue.sendMessage(text, { abortSignal }),
      this.retry,
    );
  }
}

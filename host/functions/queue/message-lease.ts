import type { QueueClient } from '@azure/storage-queue';

/**
 * How long a message stays invisible without a sign of life. Azure's host takes ten minutes and renews at half;
 * here a killed host is started again by hand, and its messages should not wait that long.
 */
export const leaseSeconds = 30;
const renewEveryMs = (leaseSeconds * 1000) / 3;

type MessageQueue = Pick<QueueClient, 'deleteMessage' | 'updateMessage'>;

/** Keeps a message invisible while its function runs; each renewal changes the pop receipt. */
export class MessageLease {
  readonly #client: MessageQueue;
  readonly #messageId: string;
  readonly #timer: NodeJS.Timeout;
  #popReceipt: string;
  #renewal: Promise<void> = Promise.resolve();

  constructor(client: MessageQueue, message: { messageId: string; popReceipt: string }) {
    this.#client = client;
    this.#messageId = message.messageId;
    this.#popReceipt = message.popReceipt;
    this.#timer = setInterval(() => {
      this.#renewal = this.#renewal.then(() => this.#renew(leaseSeconds)).catch(() => undefined);
    }, renewEveryMs);
  }

  async delete(): Promise<void> {
    await this.#end();
    await this.#client.deleteMessage(this.#messageId, this.#popReceipt);
  }

  /** Gives the message back: it is seen again after `visibilityMs`. */
  async release(visibilityMs: number): Promise<void> {
    await this.#end();
    await this.#renew(Math.round(visibilityMs / 1000));
  }

  /** Renews no more: it is seen again when the lease has run out. */
  async abandon(): Promise<void> {
    await this.#end();
  }

  async #end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewal;
  }

  async #renew(seconds: number): Promise<void> {
    const { popReceipt } = await this.#client.updateMessage(
      this.#messageId,
      this.#popReceipt,
      undefined,
      seconds,
    );
    this.#popReceipt = popReceipt ?? this.#popReceipt;
  }
}

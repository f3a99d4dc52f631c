import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import { messageOf } from '../problems';
import { leaseSeconds } from './message-lease';
import { MessageProcessor, type QueueParts } from './message-processor';
import { isNotFound } from './queues';

const shortestPollMs = 100;
const pollEndMs = 1000;

/** Polls one storage queue and runs its function, `batchSize + newBatchThreshold` messages at once at most. */
export class QueueListener {
  readonly #parts: QueueParts;
  readonly #client: QueueClient;
  readonly #processor: MessageProcessor;
  readonly #running = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #wake: () => void = () => undefined;
  #loop: Promise<void> = Promise.resolve();
  #failing = false;
  #stopping = false;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    const { connection, queueName } = parts.trigger;
    this.#client = parts.queues.client(connection, queueName);
    this.#processor = new MessageProcessor(parts, this.#client);
    parts.queues.onSent(connection, queueName, () => this.#wake());
  }

  start(): void {
    this.#loop = this.#poll();
  }

  /** Takes no more messages; those being worked on are waited for by the host's drain. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    // A poll under way may end, so that what it takes can be given back; a storage that is away is not waited for.
    const giveUp = setTimeout(() => this.#abort.abort(), pollEndMs);
    await this.#loop;
    clearTimeout(giveUp);
  }

  async finished(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #poll(): Promise<void> {
    const { maxPollingIntervalMs, newBatchThreshold } = this.#parts.options;
    let wait = shortestPollMs;
    while (!this.#stopping) {
      if (this.#running.size > newBatchThreshold) {
        await this.#sleep(maxPollingIntervalMs);
        continue;
      }
      const messages = await this.#receive();
      if (this.#stopping) {
        await Promise.allSettled(messages.map((message) => this.#giveBack(message)));
      } else if (messages.length > 0) {
        messages.forEach((message) => this.#process(message));
        wait = shortestPollMs;
      } else {
        const woken = await this.#sleep(wait);
        wait = woken ? shortestPollMs : Math.min(wait * 2, maxPollingIntervalMs);
      }
    }
  }

  async #receive(): Promise<DequeuedMessageItem[]> {
    try {
      const { receivedMessageItems } = await this.#client.receiveMessages({
        numberOfMessages: this.#parts.options.batchSize,
        visibilityTimeout: leaseSeconds,
        abortSignal: this.#abort.signal,
      });
      this.#failing = false;
      return receivedMessageItems;
    } catch (error) {
      if (!this.#stopping) {
        await this.#recover(error);
      }
      return [];
    }
  }

  /** A queue that does not exist is made; any other failure is told once, until a poll succeeds again. */
  async #recover(error: unknown): Promise<void> {
    try {
      if (isNotFound(error)) {
        await this.#client.createIfNotExists();
        return;
      }
    } catch (creationError) {
      error = creationError;
    }
    if (!this.#failing) {
      this.#failing = true;
      this.#logError(`Cannot read queue '${this.#parts.trigger.queueName}': ${messageOf(error)}`);
    }
  }

  async #giveBack({ messageId, popReceipt }: DequeuedMessageItem): Promise<void> {
    await this.#client.updateMessage(messageId, popReceipt, undefined, 0, {
      abortSignal: this.#abort.signal,
    });
  }

  #process(message: DequeuedMessageItem): void {
    const work = this.#processor
      .process(message)
      .catch((error: unknown) => this.#logError(`Message ${message.messageId}: ${messageOf(error)}`))
      .finally(() => {
        this.#running.delete(work);
        this.#wake();
      });
    this.#running.add(work);
  }

  /** True when woken before the time was up. */
  async #sleep(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  #logError(message: string): void {
    this.#parts.log({ level: 'error', category: 'Host.Triggers.Queue', message });
  }
}

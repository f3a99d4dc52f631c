import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import type { TypedData } from '../core-types';
import type { FunctionDefinition } from '../function-definitions';
import type { FunctionRunner } from '../function-runner';
import type { QueueOptions } from '../host-config';
import type { Log } from '../logging';
import type { QueueTrigger } from '../triggers';
import { MessageLease } from './message-lease';
import { isNotFound, sendCreating, type Queues } from './queues';
import { poisonQueueOf } from './queue-name';

export interface QueueParts {
  definition: FunctionDefinition;
  trigger: QueueTrigger;
  queues: Queues;
  options: QueueOptions;
  runner: FunctionRunner;
  log: Log;
}

/** Does with one message what the WebJobs SDK's QueueProcessor does: run, then delete, release or poison. */
export class MessageProcessor {
  readonly #parts: QueueParts;
  readonly #client: QueueClient;

  constructor(parts: QueueParts, client: QueueClient) {
    this.#parts = parts;
    this.#client = client;
  }

  async process(message: DequeuedMessageItem): Promise<void> {
    const lease = new MessageLease(this.#client, message);
    try {
      await this.#handle(message, lease);
    } catch (error) {
      // Another reader took it over (its lease ran out), or the storage is away: it will be seen again.
      if (!isNotFound(error)) {
        throw error;
      }
    }
  }

  async #handle(message: DequeuedMessageItem, lease: MessageLease): Promise<void> {
    const { options, queues } = this.#parts;
    const body = queues.decode(message.messageText);
    if (!body) {
      this.#warn(`Message ${message.messageId} is not valid base64.`);
      await this.#poison(message, lease);
      return;
    }
    if (message.dequeueCount > options.maxDequeueCount) {
      await this.#poison(message, lease);
      return;
    }
    if (await this.#run(message, body)) {
      await lease.delete();
    } else if (message.dequeueCount >= options.maxDequeueCount) {
      this.#warn(`Message ${message.messageId} has reached MaxDequeueCount of ${options.maxDequeueCount}.`);
      await this.#poison(message, lease);
    } else {
      await lease.release(options.visibilityTimeoutMs);
    }
  }

  async #run(message: DequeuedMessageItem, body: Buffer): Promise<boolean> {
    const { definition, runner, trigger } = this.#parts;
    try {
      await runner.run(definition, {
        reason: `New queue message detected on '${trigger.queueName}'.`,
        inputData: [
          {
            name: definition.triggerBinding,
            data: trigger.binary ? { bytes: body } : { string: body.toString() },
          },
        ],
        triggerMetadata: triggerMetadata(message, body),
      });
      return true;
    } catch {
      return false;
    }
  }

  /** A poison queue has no poison queue: there the message stays, and is released like any other. */
  async #poison(message: DequeuedMessageItem, lease: MessageLease): Promise<void> {
    const { options, queues, trigger } = this.#parts;
    const poisonQueue = poisonQueueOf(trigger.queueName);
    if (poisonQueue === undefined) {
      await lease.release(options.visibilityTimeoutMs);
      return;
    }
    await sendCreating(queues.client(trigger.connection, poisonQueue), message.messageText);
    await lease.delete();
    this.#warn(`Message ${message.messageId} has been moved to queue '${poisonQueue}'.`);
  }

  #warn(message: string): void {
    this.#parts.log({ level: 'warning', category: `Function.${this.#parts.definition.name}`, message });
  }
}

function triggerMetadata(message: DequeuedMessageItem, body: Buffer): Record<string, TypedData> {
  const json = (value: unknown): TypedData => ({ json: JSON.stringify(value) });
  return {
    QueueTrigger: { string: body.toString() },
    Id: { string: message.messageId },
    PopReceipt: { string: message.popReceipt },
    DequeueCount: json(message.dequeueCount),
    InsertionTime: json(message.insertedOn),
    ExpirationTime: json(message.expiresOn),
    NextVisibleTime: json(message.nextVisibleOn),
  };
}

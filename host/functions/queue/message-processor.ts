import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import type { TypedData } from '../core-types';
import type { FunctionDefinition } from '../function-definitions';
import type { FunctionRunner } from '../function-runner';
import type { QueueOptions } from '../host-config';
import type { Log } from '../logging';
import { messageOf } from '../problems';
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
      await this.#release(lease);
    }
  }

  /** On a queue without a poison queue a message that failed stays hidden until its lease ends: no fast endless loop. */
  async #release(lease: MessageLease): Promise<void> {
    const { options, trigger } = this.#parts;
    if (poisonQueueOf(trigger.queueName) === undefined) await lease.abandon();
    else await lease.release(options.visibilityTimeoutMs);
  }

  async #run(message: DequeuedMessageItem, body: Buffer): Promise<boolean> {
    const { definition, runner, trigger } = this.#parts;
    const text = utf8(body);
    try {
      if (text === undefined && !trigger.binary) throw new Error('The message is not valid UTF-8.');
      await runner.run(definition, {
        reason: `New queue message detected on '${trigger.queueName}'.`,
        inputData: [
          {
            name: definition.triggerBinding,
            data: trigger.binary ? { bytes: body } : { string: text },
          },
        ],
        triggerMetadata: triggerMetadata(message, text),
      });
      return true;
    } catch (error) {
      if (text === undefined) this.#warn(`Message ${message.messageId}: ${messageOf(error)}`);
      return false;
    }
  }

  /** A poison queue has no poison queue: there the message stays, hidden until its lease ends, and its function is not run again. */
  async #poison(message: DequeuedMessageItem, lease: MessageLease): Promise<void> {
    const { queues, trigger } = this.#parts;
    const poisonQueue = poisonQueueOf(trigger.queueName);
    if (poisonQueue === undefined) return lease.abandon();
    await sendCreating(queues.client(trigger.connection, poisonQueue), message.messageText);
    await lease.delete();
    this.#warn(`Message ${message.messageId} has been moved to queue '${poisonQueue}'.`);
  }

  #warn(message: string): void {
    this.#parts.log({ level: 'warning', category: `Function.${this.#parts.definition.name}`, message });
  }
}

/** Undefined where it is none: Azure's host hands no such message over as text. */
function utf8(body: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}

function triggerMetadata(message: DequeuedMessageItem, text: string | undefined): Record<string, TypedData> {
  const json = (value: unknown): TypedData => ({ json: JSON.stringify(value) });
  return {
    ...(text !== undefined && { QueueTrigger: { string: text } }),
    Id: { string: message.messageId },
    PopReceipt: { string: message.popReceipt },
    DequeueCount: json(message.dequeueCount),
    InsertionTime: json(message.insertedOn),
    ExpirationTime: json(message.expiresOn),
    NextVisibleTime: json(message.nextVisibleOn),
  };
}

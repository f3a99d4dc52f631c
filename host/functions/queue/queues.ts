import { QueueServiceClient, RestError, type QueueClient } from '@azure/storage-queue';
import type { TypedData } from '../core-types';
import type { QueueOutput } from '../outputs';
import { typedDataToMessages } from '../typed-data';
import type { QueueOptions } from '../host-config';

/** A poll comes round again by itself; the client's own waits of many seconds would only hide that storage is back. */
const retryOptions = { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 2000 };

/** Queue clients by connection and name, and the sending side of the queue bindings. */
export class Queues {
  readonly #encoding: QueueOptions['messageEncoding'];
  readonly #services = new Map<string, QueueServiceClient>();
  readonly #wakeUps = new Map<string, (() => void)[]>();

  constructor(encoding: QueueOptions['messageEncoding']) {
    this.#encoding = encoding;
  }

  client(connection: string, queueName: string): QueueClient {
    let service = this.#services.get(connection);
    if (!service) {
      service = QueueServiceClient.fromConnectionString(connection, { retryOptions });
      this.#services.set(connection, service);
    }
    return service.getQueueClient(queueName);
  }

  /** Calls back when this process put a message into the queue, so that its listener need not wait for its poll. */
  onSent(connection: string, queueName: string, wake: () => void): void {
    const key = `${connection}\n${queueName}`;
    this.#wakeUps.set(key, [...(this.#wakeUps.get(key) ?? []), wake]);
  }

  async send(output: QueueOutput, data: TypedData | null | undefined): Promise<void> {
    const messages = typedDataToMessages(data);
    if (messages.length === 0) {
      return;
    }
    const client = this.client(output.connection, output.queueName);
    for (const message of messages) {
      await sendCreating(client, this.encode(message));
    }
    this.#wakeUps.get(`${output.connection}\n${output.queueName}`)?.forEach((wake) => wake());
  }

  encode(message: Buffer): string {
    return message.toString(this.#encoding === 'base64' ? 'base64' : 'utf8');
  }

  /** Undefined when the text is not what the encoding says. */
  decode(text: string): Buffer | undefined {
    if (this.#encoding === 'none') {
      return Buffer.from(text);
    }
    // .NET's decoder, which Azure's host uses, passes over white space.
    const packed = text.replace(/[ \t\r\n]/g, '');
    const isBase64 = packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed);
    return isBase64 ? Buffer.from(packed, 'base64') : undefined;
  }
}

/** Puts an encoded message into a queue, which is made when it is missing. */
export async function sendCreating(client: QueueClient, encoded: string): Promise<void> {
  try {
    await client.sendMessage(encoded);
  } catch (error) {
    if (!isNotFound(error)) {
      throw error;
    }
    await client.createIfNotExists();
    await client.sendMessage(encoded);
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof RestError && error.statusCode === 404;
}

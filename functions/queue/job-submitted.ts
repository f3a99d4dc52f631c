import { app as functions, type InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { submissionsQueue } from '../../shared/contracts';
import type { App } from '../app';
import { takeSubmission, type Delivery } from '../submissions/take';
import { messageText } from './message-text';

/** Takes jobs that come by queue. Throws for failures on our side alone: the host delivers the message again. */
export function registerJobSubmitted(app: App): void {
  functions.storageQueue('jobSubmitted', {
    queueName: submissionsQueue,
    connection: 'AzureWebJobsStorage',
    extraInputs: [df.input.durableClient()],
    handler: async (message, context) => {
      await app.prepared();
      await takeSubmission(app, df.getClient(context), deliveryOf(app, message, context));
    },
  });
}

function deliveryOf(app: App, message: unknown, context: InvocationContext): Delivery {
  const { id, insertionTime, dequeueCount } = context.triggerMetadata ?? {};
  const insertedAt = Date.parse(String(insertionTime));
  return {
    // A function that is run by hand has no message.
    messageId: typeof id === 'string' ? id : context.invocationId,
    insertedAt: new Date(Number.isNaN(insertedAt) ? app.clock.now() : insertedAt).toISOString(),
    deliveries: Number(dequeueCount) || 1,
    raw: messageText(message),
  };
}

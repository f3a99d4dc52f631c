import { app as functions } from '@azure/functions';
import * as df from 'durable-functions';
import { CompletionMessage, completionsQueue } from '../../shared/contracts';
import { decodeMessage } from '../../shared/domain';
import type { App } from '../app';
import { agentOfToken } from '../http/worker-lease';
import { completeTasks } from '../jobs/complete-tasks';
import { messageText } from './message-text';

/** Takes the completions that no HTTP call could bring: the control plane was away. */
export function registerTaskCompleted(app: App): void {
  functions.storageQueue('taskCompleted', {
    queueName: completionsQueue,
    connection: 'AzureWebJobsStorage',
    extraInputs: [df.input.durableClient()],
    handler: async (message, context) => {
      await app.prepared();
      const { json } = decodeMessage(messageText(message));
      const { agentToken, batches } = CompletionMessage.parse(json);
      const { owner } = agentOfToken(app, agentToken);
      await completeTasks(app, df.getClient(context), { owner, batches });
    },
  });
}

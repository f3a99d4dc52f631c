import { app as functions } from '@azure/functions';
import * as df from 'durable-functions';
import { CompletionMessage, completionsQueue } from '../../shared/contracts';
import { eventNames, jobInstanceId } from '../../shared/durable';
import type { App } from '../app';
import { raise } from '../orchestrations';
import { putTask } from '../records/jobs';

/**
 * Of a large array only some completions wake the job's orchestrator, so that its work does not grow with every task; the others
 * are seen at its next look.
 */
const wakesJob = (task: number): boolean => task < 64 || task % 64 === 0;

/** Keeps a task's outcome and wakes its job. The message is the result blob's own content, so it may come twice. */
export function registerTaskCompleted(app: App): void {
  functions.storageQueue('taskCompleted', {
    queueName: completionsQueue,
    connection: 'AzureWebJobsStorage',
    extraInputs: [df.input.durableClient()],
    handler: async (message, context) => {
      await app.prepared();
      const result = CompletionMessage.parse(message);
      await putTask(app.records, result);
      if (wakesJob(result.task))
        await raise(df.getClient(context), jobInstanceId(result.jobId), eventNames.taskCompleted);
    },
  });
}

import { app as functions } from '@azure/functions';
import * as df from 'durable-functions';
import type { App } from '../app';
import { forgetOldSubmissions } from '../records/submissions';
import { retryFailedMessages } from '../submissions/retry-failed';

/** Takes up the submissions that the host could not deliver, and forgets what was told for long enough. */
export function registerRetrySubmissions(app: App): void {
  functions.timer('retrySubmissions', {
    schedule: '45 * * * * *',
    extraInputs: [df.input.durableClient()],
    handler: async (_timer, context) => {
      await app.prepared();
      await retryFailedMessages(app, df.getClient(context), (message, error) => context.warn(message, error));
      await forgetOldSubmissions(app.records, app.clock.now() - app.config.MUSTER_SUBMISSION_KEPT_MS);
    },
  });
}

import { app as functions } from '@azure/functions';
import * as df from 'durable-functions';
import type { App } from '../app';
import { releaseOutlived } from '../jobs/owned-resources';

/** Takes down what jobs made that have ended, where a crash or an outage kept everybody else from it. */
export function registerReleaseOutlived(app: App): void {
  functions.timer('releaseOutlived', {
    schedule: '45 * * * * *',
    extraInputs: [df.input.durableClient()],
    handler: async (_timer, context) => {
      await app.prepared();
      await releaseOutlived(app, df.getClient(context));
    },
  });
}

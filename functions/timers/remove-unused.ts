import { app as functions } from '@azure/functions';
import type { App } from '../app';
import { removeUnused } from '../contents/remove-unused';

/** Within what Azure gives a function on a consumption plan (5 minutes). */
const roundMs = 240_000;

/** Removes what was sent to be sent along and is needed no more. */
export function registerRemoveUnused(app: App): void {
  functions.timer('removeUnused', {
    schedule: '0 25 * * * *',
    handler: async () => {
      await app.prepared();
      await removeUnused(app, Date.now() + roundMs);
    },
  });
}

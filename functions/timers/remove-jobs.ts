import { app as functions } from '@azure/functions';
import * as df from 'durable-functions';
import type { App } from '../app';
import { beginRemoval, removalRound } from '../jobs/remove-job';
import { dueExpiries, dueRemovals, removeExpiry } from '../records/expiry';
import { getJob } from '../records/jobs';

/** A run ends before the next is due; what it leaves is the next one's. */
const roundMs = 45_000;
const pageSize = 64;
const atOnce = 8;

/** Deletes jobs whose time is over, and goes on with those whose deletion has begun. Reads what is due and no other job. */
export function registerRemoveJobs(app: App): void {
  functions.timer('removeJobs', {
    schedule: '45 * * * * *',
    extraInputs: [df.input.durableClient()],
    handler: async (_timer, context) => {
      await app.prepared();
      const durable = df.getClient(context);
      const until = Date.now() + roundMs;
      await eachDue(until, {
        find: () => dueExpiries(app.records, app.clock.now(), pageSize),
        take: async ({ key, value: { jobId } }) => {
          const job = await getJob(app.records, jobId);
          if (job) await beginRemoval(app, job);
          await removeExpiry(app.records, key);
        },
        failed: (error) => context.error(error),
      });
      await eachDue(until, {
        find: () => dueRemovals(app.records, app.clock.now(), pageSize),
        take: async (due) => void (await removalRound(app, durable, due)),
        failed: (error) => context.error(error),
      });
    },
  });
}

interface DueWork<Item> {
  find(): Promise<Item[]>;
  take(item: Item): Promise<void>;
  failed(error: unknown): void;
}

/** Page by page, until nothing is due, time is over, or nothing of a page could be done. */
async function eachDue<Item>(until: number, { find, take, failed }: DueWork<Item>): Promise<void> {
  while (Date.now() < until) {
    const due = await find();
    let done = 0;
    for (let start = 0; start < due.length && Date.now() < until; start += atOnce) {
      const outcomes = await Promise.allSettled(due.slice(start, start + atOnce).map(take));
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') done++;
        else failed(outcome.reason);
      }
    }
    if (done === 0) return;
  }
}

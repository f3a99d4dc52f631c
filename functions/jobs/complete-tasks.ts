import type { DurableClient } from 'durable-functions';
import type { Owner, ToldBatch } from '../../shared/contracts';
import type { App } from '../app';
import { keepResults } from '../records/jobs';

/** Keeps how tasks ended, as a VM of this owner tells, and wakes their jobs. A result that is told twice changes nothing. */
export async function completeTasks(
  app: App,
  durable: DurableClient,
  { owner, batches }: { owner: Owner; batches: ToldBatch[] },
): Promise<void> {
  await Promise.all(
    batches.map(async (batch) => {
      const kept = await keepResults(app.records, { jobId: batch.jobId, owner }, batch);
      app.shortJobs.ended(batch.jobId, kept);
      app.taskChanges.changed(batch.jobId);
      await app.jobWakes.note(durable, batch);
    }),
  );
}

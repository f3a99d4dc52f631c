import { parseResultBatchBlob } from '../../shared/contracts/blob-names';
import type { TaskMessage, TaskResult } from '../../shared/contracts/work-messages';
import type { Delivery } from '../storage/work-queue';
import type { JobBlobs } from '../storage/job-blobs';

/** A message that was received in the second in which it was sent (storage tells no more) was not seen by anybody in between. */
const freshMs = 1000;

/** Whether tasks of a message may have ended already: it was handed out before, sent again, or has lain. */
export function mayHaveEnded(message: TaskMessage, { dequeueCount, ageMs }: Delivery): boolean {
  return dequeueCount > 1 || message.isRepeat === true || ageMs >= freshMs;
}

/** Results of these tasks that are kept already, by the blob that keeps them. */
export async function earlierResults(
  { jobId, tasks, retry }: Pick<TaskMessage, 'jobId' | 'tasks' | 'retry'>,
  blobs: JobBlobs,
): Promise<Map<string, TaskResult[]>> {
  const wanted = new Set(tasks);
  const names = (await blobs.listResultBatches(jobId, tasks)).filter((blob) => {
    const name = parseResultBatchBlob(blob);
    return name?.retry === retry && tasks.some((task) => name.first <= task && task <= name.last);
  });
  const found = new Map<string, TaskResult[]>();
  for (const blob of names) {
    const batch = await blobs.readResultBatch(blob);
    const results = (batch?.results ?? []).filter((result) => wanted.delete(result.task));
    if (results.length > 0)
      found.set(
        blob,
        results.map(({ output: _, ...result }) => result),
      );
  }
  return found;
}

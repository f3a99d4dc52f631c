import { setTimeout as delay } from 'node:timers/promises';
import type { MusterClient, OutputAddress } from './muster-client';
import { patiently } from './waiting';

/** Bytes of a stream as they come, until the task has ended. */
export type FollowOutput = (
  jobId: string,
  address: OutputAddress & { signal?: AbortSignal },
) => AsyncIterable<Uint8Array>;

const partBytes = 4 * 1024 * 1024;
const pauseMs = 500;

/**
 * Looks for more again and again. A task that is run again (its VM was lost, its policy says so) begins its output anew: what comes then
 * is the new attempt's, from its first byte.
 */
export function pollOutput(client: MusterClient): FollowOutput {
  return async function* (jobId, { signal, ...address }) {
    const scoped = client.withSignal(signal);
    let offset = address.offset ?? 0;
    let attempt: string | null = null;
    for (;;) {
      // Asked before the bytes are: what a task that had ended by then has written is all there.
      const hasEnded = await patiently({ signal }, Infinity, () => hasTaskEnded(scoped, jobId, address.task));
      for (;;) {
        const range = { ...address, offset, length: partBytes };
        const part = await patiently({ signal }, Infinity, () => scoped.readOutputPart(jobId, range));
        const isAnother = attempt !== null && part.attempt !== null && part.attempt !== attempt;
        attempt = part.attempt ?? attempt;
        if (isAnother) offset = 0;
        else if (part.bytes.length > 0) {
          yield part.bytes;
          offset = part.nextOffset;
        }
        if (!isAnother && offset >= part.totalBytes) break;
      }
      if (hasEnded) return;
      await delay(pauseMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  };
}

async function hasTaskEnded(client: MusterClient, jobId: string, number: number): Promise<boolean> {
  const job = await client.waitForJob(jobId, 0);
  if (job.endedAt !== null || job.tasks.total === 1) return job.endedAt !== null;
  for await (const task of client.iterateTasks(jobId)) if (task.task === number) return task.endedAt !== null;
  return false;
}

import { backoffMs, sleep } from './backoff';
import { runClaimedTask } from './task/claimed-task';
import type { WorkerContext } from './worker-context';

/** One worker: runs one task after another, until told to drain, or removed. */
export async function runSlot(context: WorkerContext): Promise<void> {
  const { settings, lifecycle, removed, source } = context;
  const ends = [lifecycle.draining, removed];
  const retry = { baseMs: settings.retryDelayMs, maxMs: settings.retryDelayMaxMs };
  for (let failures = 0; ;) {
    const claimed = await source.take(...ends);
    if (!claimed) return;
    const isDone = await runClaimedTask(claimed, context);
    failures = isDone ? 0 : failures + 1;
    if (failures > 0) await sleep(backoffMs(failures, retry), ...ends);
  }
}

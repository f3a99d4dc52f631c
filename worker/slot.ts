import { backoffMs, sleep } from './backoff';
import { describeError } from './log';
import { handleDelivery, interrupted } from './task/delivery';
import type { WorkerContext } from './worker-context';

/** One worker: takes a message, sees it to its end, takes the next; until told to drain, or removed. */
export async function runSlot(context: WorkerContext): Promise<void> {
  const { settings, lifecycle, removed, queue, log } = context;
  const ends = [lifecycle.draining, removed];
  const hasEnded = (): boolean => ends.some((end) => end.aborted);
  const idle = { baseMs: settings.idlePollMs, maxMs: settings.idlePollMaxMs };
  const retry = { baseMs: settings.retryDelayMs, maxMs: settings.retryDelayMaxMs };
  let emptyLooks = 0;
  let failures = 0;
  while (!hasEnded()) {
    try {
      const delivery = await queue.receive(settings.taskLeaseMs);
      if (!delivery) {
        await sleep(backoffMs(emptyLooks++, idle), ...ends);
        continue;
      }
      emptyLooks = 0;
      if (hasEnded()) {
        // It came in while the drain began; best effort, as it reappears by itself.
        await queue.giveBack(delivery, interrupted(delivery.body));
        break;
      }
      const delivered = await handleDelivery(delivery, context);
      failures = delivered === 'finished' ? 0 : failures + 1;
    } catch (error) {
      failures++;
      log('warning', 'queue-unavailable', describeError(error));
    }
    if (failures > 0) await sleep(backoffMs(failures, retry), ...ends);
  }
}

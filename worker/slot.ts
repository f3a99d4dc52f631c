import { backoffMs, sleep } from './backoff';
import { describeError } from './log';
import { handleDelivery, interrupted } from './task/delivery';
import type { WorkerContext } from './worker-context';

/** One worker: takes a message, sees it to its end, takes the next; until told to drain. */
export async function runSlot(context: WorkerContext): Promise<void> {
  const { settings, lifecycle, queue, log } = context;
  const idle = { baseMs: settings.idlePollMs, maxMs: settings.idlePollMaxMs };
  const retry = { baseMs: settings.retryDelayMs, maxMs: settings.retryDelayMaxMs };
  let emptyLooks = 0;
  let failures = 0;
  while (!lifecycle.draining.aborted) {
    try {
      const delivery = await queue.receive(settings.taskLeaseMs);
      if (!delivery) {
        await sleep(backoffMs(emptyLooks++, idle), lifecycle.draining);
        continue;
      }
      emptyLooks = 0;
      if (lifecycle.draining.aborted) {
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
    if (failures > 0) await sleep(backoffMs(failures, retry), lifecycle.draining);
  }
}

import { backoffMs, sleep } from './backoff';
import { runMember } from './gang/member';
import { runClaimedTask } from './task/claimed-task';
import type { WorkerContext } from './worker-context';

/** One worker: runs one task after another, its own or a gang's that calls, until told to drain, or removed. */
export async function runSlot(context: WorkerContext): Promise<void> {
  const { settings, lifecycle, removed, source, gangs } = context;
  const ends = [lifecycle.draining, removed];
  const retry = { baseMs: settings.retryDelayMs, maxMs: settings.retryDelayMaxMs };
  for (let failures = 0; !ends.some((end) => end.aborted);) {
    const call = await gangs.desk.nextCall();
    if (call) {
      await runMember(call, context);
      continue;
    }
    const waiting = gangs.desk.wait();
    const claimed = await source.take(...ends, waiting.called);
    waiting.forget();
    if (!claimed) continue;
    const isDone = await runClaimedTask(claimed, context);
    failures = isDone ? 0 : failures + 1;
    if (failures > 0) await sleep(backoffMs(failures, retry), ...ends);
  }
}

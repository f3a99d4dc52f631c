import { z } from 'zod';
import type { Condition, TimelineEvent } from '../contracts';
import type { OperationState, ResourceStatus } from './outcome';
import { afterFailure, RetrySettings } from './retry';

/** When an orchestrator looks again, and how it spaces what it asks of Azure. */
export const LookSettings = RetrySettings.extend({
  busyLookMs: z.number(),
  settledLookMs: z.number(),
  capacityWriteIntervalMs: z.number(),
});
export type LookSettings = z.infer<typeof LookSettings>;

export function waitingFor(now: Date, code: string, message: string): Condition {
  return { code, message, since: now.toISOString() };
}

export function isBefore(now: Date, time: string | null): boolean {
  return time !== null && now.getTime() < Date.parse(time);
}

/** A finished operation is dropped; a failed one becomes the condition and the pause before the next attempt. */
export function settleOperation<Status extends ResourceStatus>(
  { status, operation }: { status: Status; operation: OperationState | null },
  now: Date,
  settings: RetrySettings,
): Status {
  if (!status.operation || operation?.state === 'running') return status;
  const done = { ...status, operation: null };
  if (operation?.state !== 'failed') return done;
  const failure = { ...operation, isRetryable: true, retryAfterMs: null };
  return afterFailure(done, failure, { now, nextAction: status.operation.purpose, settings });
}

/** What happened between two statuses, for the timeline. */
export function timelineOf(before: ResourceStatus, after: ResourceStatus, now: Date): TimelineEvent[] {
  const at = now.toISOString();
  const events: TimelineEvent[] = [];
  if (after.condition && after.condition.code !== before.condition?.code) {
    events.push({ at, code: after.condition.code, message: after.condition.message });
  }
  if (after.state !== before.state) {
    events.push({ at, code: 'StateChanged', message: `${before.state} to ${after.state}` });
  }
  return events;
}

import { z } from 'zod';
import type { Condition, TimelineEvent } from '../contracts';
import type { Failure, OperationState, ResourceStatus } from './outcome';
import { afterFailure, keepSince, lookAgain, RetrySettings } from './retry';

/** When an orchestrator looks again, and how it spaces what it asks of Azure. */
export const LookSettings = RetrySettings.extend({
  busyLookMs: z.number(),
  settledLookMs: z.number(),
  capacityWriteIntervalMs: z.number(),
  /** From the last sign of a VM's boot until it counts as failed. */
  joinLimitMs: z.number(),
  /** How long a worker is lost before its VM is replaced. */
  replaceSilentMs: z.number(),
  /** How long a set waits for quota before it gives up. */
  quotaWaitMs: z.number(),
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

/** What one look leads to. */
export interface Plan<Status, Step> {
  steps: Step[];
  status: Status;
  /** What was decided, for the timeline, beside what `timelineOf` tells of the status. */
  events?: Pick<TimelineEvent, 'code' | 'message'>[];
  /** The next look where nothing happens before. */
  lookAt: string;
  /** The resource and its row are gone once the steps are done. */
  isFinished: boolean;
}

interface Look<Status> {
  snapshot: { desired: object | null; status: Status; failure: Failure | null };
  now: Date;
  settings: LookSettings;
}

/** Nothing to decide by: the row is gone, or Azure could not be asked. Undefined where there is. */
export function planBlindly<Status extends ResourceStatus, Step>({
  snapshot,
  now,
  settings,
}: Look<Status>): Plan<Status, Step> | undefined {
  const { desired, status, failure } = snapshot;
  if (!desired) return { steps: [], status, lookAt: now.toISOString(), isFinished: true };
  if (!failure) return undefined;
  const failed = afterFailure(status, failure, { now, nextAction: lookAgain, settings });
  return { steps: [], status: failed, lookAt: failed.retryAt ?? now.toISOString(), isFinished: false };
}

/** The plan of a resource that goes on: its condition keeps its time, and a settled one is looked at less often. */
export function planAhead<Status extends ResourceStatus, Step>(
  { snapshot, now, settings }: Look<Status>,
  next: {
    status: Status;
    condition: Condition | null;
    steps?: Step[];
    events?: Plan<Status, Step>['events'];
  },
): Plan<Status, Step> {
  const { status, condition, steps = [], events = [] } = next;
  const isSettled =
    steps.length === 0 && !status.operation && (status.state === 'ready' || status.state === 'failed');
  const pause = isSettled ? settings.settledLookMs : settings.busyLookMs;
  return {
    steps,
    events,
    status: { ...status, condition: keepSince(snapshot.status.condition, condition) },
    lookAt: new Date(now.getTime() + pause).toISOString(),
    isFinished: false,
  };
}

/** 'creating' until it was ready once; afterwards whatever is amiss is an update. */
export function unsettled<Status extends ResourceStatus>(status: Status): Status {
  const wasReady = status.state === 'ready' || status.state === 'updating';
  return { ...status, state: wasReady ? 'updating' : 'creating' };
}

/** Failures that another attempt would meet again: somebody has to change something first. */
export function isHopelessCode(code: string): boolean {
  return /^(SkuNotAvailable|InvalidParameter|BadRequest|Invalid(?!AuthenticationToken).*|.*NotFound|AuthorizationFailed|RequestDisallowedByPolicy|.*QuotaExceeded)$/.test(
    code,
  );
}

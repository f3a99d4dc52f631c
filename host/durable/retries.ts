import type { HistoryEvent } from './contract';
import { EventType, event, isoTime } from './history';
import type { Ledger, RetryOptions, RetryState } from './ledger';

/** An id and a place to put what follows from a received event. */
export interface Reaction {
  ledger: Ledger;
  now: number;
  executionId: string;
}

const failures: number[] = [EventType.TaskFailed, EventType.SubOrchestrationInstanceFailed];

function taskOf(ledger: Ledger, received: HistoryEvent): ReturnType<Ledger['open']['get']> {
  const id = received.EventType === EventType.TimerFired ? received['TimerId'] : received['TaskScheduledId'];
  return typeof id === 'number' ? ledger.open.get(id) : undefined;
}

/**
 * Whether the event makes durable-functions take a new id without running the orchestrator: RetryableTask does so when an
 * attempt fails (for the timer) and when that timer fires (for the next attempt), CallHttpWithPollingTask on a 202.
 */
export function takesIdSilently(ledger: Ledger, received: HistoryEvent): boolean {
  const task = taskOf(ledger, received);
  if (task?.http !== undefined && received.EventType === EventType.TaskCompleted)
    return pollOf(received) !== undefined;
  if (!task?.retry) return false;
  if (failures.includes(received.EventType)) return true;
  return (
    received.EventType === EventType.TimerFired && task.retry.attempt < task.retry.options.maxNumberOfAttempts
  );
}

/** DurableTask's RetryInterceptor: the delay after the last failure is nil, but its timer is there all the same. */
export function retryDelay(retry: RetryState, now: number): number {
  const { options, attempt, firstAttemptAt } = retry;
  if (attempt >= options.maxNumberOfAttempts || isExpired(options, firstAttemptAt, now)) return 0;
  const delay =
    options.firstRetryIntervalInMilliseconds * Math.pow(options.backoffCoefficient ?? 1, attempt - 1);
  return Math.min(delay, options.maxRetryIntervalInMilliseconds ?? Number.MAX_SAFE_INTEGER);
}

function isExpired(options: RetryOptions, firstAttemptAt: number, now: number): boolean {
  const timeout = options.retryTimeoutInMilliseconds;
  return timeout !== undefined && timeout !== null && now >= firstAttemptAt + timeout;
}

/** Closes what the event completes and answers the events that follow from it by the retry policy alone. */
export function react(received: HistoryEvent, reaction: Reaction): HistoryEvent[] {
  const { ledger } = reaction;
  const task = taskOf(ledger, received);
  const silent = takesIdSilently(ledger, received);
  ledger.apply(received);
  if (!task || !silent) return [];
  const next = nextEvents(task, received, reaction);
  for (const one of next) ledger.apply(one);
  return next;
}

function nextEvents(
  task: NonNullable<ReturnType<typeof taskOf>>,
  received: HistoryEvent,
  reaction: Reaction,
): HistoryEvent[] {
  if (task.http !== undefined) return httpPoll(received, task.http, reaction);
  const retry = task.retry;
  if (!retry) return [];
  return failures.includes(received.EventType)
    ? [retryTimer(retry, received, reaction)]
    : [nextAttempt({ ...retry, attempt: retry.attempt + 1 }, reaction)];
}

function retryTimer(retry: RetryState, received: HistoryEvent, { ledger, now }: Reaction): HistoryEvent {
  const failure = { reason: String(received['Reason'] ?? ''), details: String(received['Details'] ?? '') };
  const isNowExpired = retry.isExpired === true || isExpired(retry.options, retry.firstAttemptAt, now);
  return event(EventType.TimerCreated, now, {
    EventId: ledger.nextId,
    FireAt: isoTime(now + (isNowExpired ? 0 : retryDelay(retry, now))),
    $retry: { ...retry, failure, ...(isNowExpired ? { isExpired: true } : {}) },
  });
}

/** The event that begins an attempt; also used for the first. */
export function nextAttempt(retry: RetryState, { ledger, now, executionId }: Reaction): HistoryEvent {
  const id = ledger.nextId;
  const common = { EventId: id, Name: retry.name, Version: '', Input: retry.input, $retry: retry };
  if (retry.kind === 'activity') return event(EventType.TaskScheduled, now, common);
  return event(EventType.SubOrchestrationInstanceCreated, now, {
    ...common,
    InstanceId: retry.instanceId ?? `${executionId}:${id}`,
  });
}

interface HttpAnswer {
  location: string;
  retryAfterMs: number;
}

const DEFAULT_POLL_MS = 30_000;

/** Where to ask again, if the built-in HTTP activity was answered 202 with a location and polling is wanted. */
function pollOf(received: HistoryEvent): HttpAnswer | undefined {
  const answer = JSON.parse(String(received['Result'])) as {
    statusCode: number;
    headers: Record<string, string>;
  } | null;
  const header = (name: string): string | undefined =>
    Object.entries(answer?.headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
  const location = header('location');
  if (answer?.statusCode !== 202 || !location) return undefined;
  const seconds = Number(header('retry-after'));
  return { location, retryAfterMs: seconds > 0 ? seconds * 1000 : DEFAULT_POLL_MS };
}

/** The library numbers the timer and the next request together, so the request's id is set aside until the timer fires. */
function httpPoll(received: HistoryEvent, http: unknown, { ledger, now }: Reaction): HistoryEvent[] {
  const poll = pollOf(received);
  if (!poll) return [];
  const polled = http as Record<string, unknown>;
  const request = {
    ...polled,
    method: 'GET',
    uri: poll.location,
    content: undefined,
    notBefore: now + poll.retryAfterMs,
  };
  const id = ledger.nextId;
  return [
    event(EventType.TimerCreated, now, { EventId: id, FireAt: isoTime(now + poll.retryAfterMs) }),
    event(EventType.TaskScheduled, now, {
      EventId: id + 1,
      Name: HTTP_ACTIVITY,
      Input: JSON.stringify(request),
      $http: request,
    }),
  ];
}

export const HTTP_ACTIVITY = 'BuiltIn::HttpActivity';

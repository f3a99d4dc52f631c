import type { HistoryEvent, RuntimeStatus } from './contract';
import { EventType, timeOf } from './history';
import type { Message } from './instance';
import type { Ledger } from './ledger';
import { takesIdSilently } from './retries';

export interface Batch {
  /** Suspensions and resumptions, in order. */
  control: HistoryEvent[];
  /** What the orchestrator is to see, in the order it is to see it. */
  events: HistoryEvent[];
  /** Held back while the instance is suspended. */
  parked: Message[];
  /** Messages this turn uses up, whether they said anything new or not. */
  absorbed: Message[];
  terminated?: HistoryEvent;
  isSuspended: boolean;
}

/** Sorts what has arrived. Everything behind a termination is dropped; everything while suspended is parked, in order. */
export function sortMessages(ledger: Ledger, status: RuntimeStatus, messages: readonly Message[]): Batch {
  const batch: Batch = {
    control: [],
    events: [],
    parked: [],
    absorbed: [],
    isSuspended: status === 'Suspended',
  };
  const ordinary: Message[] = [];
  for (const message of messages) {
    const { EventType: type } = message.event;
    if (type === EventType.ExecutionTerminated) batch.terminated ??= message.event;
    else if (type === EventType.ExecutionSuspended || type === EventType.ExecutionResumed) {
      batch.control.push(message.event);
      batch.isSuspended = type === EventType.ExecutionSuspended;
    } else {
      ordinary.push(message);
      continue;
    }
    batch.absorbed.push(message);
  }
  if (batch.isSuspended && !batch.terminated) return { ...batch, parked: ordinary };
  batch.absorbed.push(...ordinary);
  if (!batch.terminated) batch.events = inOrder(ledger, ordinary);
  return batch;
}

/**
 * Completions of tasks no longer open are dropped. Those that take an id without running the orchestrator go first: then no
 * id of theirs can fall between ids the orchestrator takes in the same turn, and both sides count alike (see Ledger).
 */
function inOrder(ledger: Ledger, messages: readonly Message[]): HistoryEvent[] {
  const seen = new Set<number>();
  const silent: HistoryEvent[] = [];
  const others: HistoryEvent[] = [];
  for (const { event, seq } of messages) {
    if (seq !== undefined && event.EventType === EventType.EventRaised) event['$seq'] = seq;
    const id = completedTask(event);
    if (id !== undefined) {
      if (seen.has(id) || !ledger.open.has(id)) continue;
      seen.add(id);
    }
    (takesIdSilently(ledger, event) ? silent : others).push(event);
  }
  return [...silent, ...others];
}

export function completedTask(event: HistoryEvent): number | undefined {
  const id = event.EventType === EventType.TimerFired ? event['TimerId'] : event['TaskScheduledId'];
  return typeof id === 'number' ? id : undefined;
}

/** A turn's time never runs back and is never before a timer it fires, whatever the clock does. */
export function turnTime(now: number, ledger: Ledger, events: readonly HistoryEvent[]): number {
  let time = Math.max(now, ledger.lastTimestamp);
  for (const event of events) {
    if (event.EventType === EventType.TimerFired) time = Math.max(time, timeOf(event['FireAt']));
  }
  return time;
}

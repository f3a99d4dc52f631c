import type { HistoryEvent } from './contract';
import { EventType, timeOf } from './history';

export interface RetryOptions {
  firstRetryIntervalInMilliseconds: number;
  maxNumberOfAttempts: number;
  backoffCoefficient?: number;
  maxRetryIntervalInMilliseconds?: number;
  retryTimeoutInMilliseconds?: number;
}

/** Carried by each event of a retried call, so that the history alone says what comes next. */
export interface RetryState {
  options: RetryOptions;
  /** Attempts begun, the one this event belongs to included. */
  attempt: number;
  firstAttemptAt: number;
  kind: 'activity' | 'sub-orchestration';
  name: string;
  input: string | null;
  instanceId?: string;
  /** Set on a timer: what the attempt before it failed with. */
  failure?: { reason: string; details: string };
  /** The retry time-out has passed: what attempts remain fail at once, without running. */
  isExpired?: boolean;
}

export interface OpenTask {
  kind: 'activity' | 'sub-orchestration' | 'timer';
  retry?: RetryState;
  http?: unknown;
  fireAt?: number;
}

/** What an action has become: the event it was first turned into. */
export interface MappedLeaf {
  id: number;
  eventType: number;
  name: string | undefined;
}

/**
 * What an orchestration's history amounts to: ids given out, tasks open, actions already turned into events.
 *
 * INVARIANTS. Rebuilt from the history alone, by `apply` on each event in order. `nextId` equals durable-functions'
 * own `sequenceNumber` after the same events, which is what makes its task ids and ours agree.
 */
export class Ledger {
  nextId = 0;
  leavesMapped = 0;
  lastTimestamp = 0;
  readonly open = new Map<number, OpenTask>();
  /** By the position of the action among the leaves. */
  readonly mapped = new Map<number, MappedLeaf>();

  static from(history: readonly HistoryEvent[]): Ledger {
    const ledger = new Ledger();
    for (const event of history) ledger.apply(event);
    return ledger;
  }

  apply(event: HistoryEvent): void {
    if (typeof event['$leaf'] === 'number') {
      const name = event['Name'] as string | undefined;
      this.mapped.set(event['$leaf'], { id: event.EventId, eventType: event.EventType, name });
    }
    switch (event.EventType) {
      case EventType.OrchestratorStarted:
        this.lastTimestamp = Math.max(this.lastTimestamp, timeOf(event.Timestamp));
        break;
      case EventType.TaskScheduled:
        this.opened(event, 'activity');
        break;
      case EventType.SubOrchestrationInstanceCreated:
        this.opened(event, 'sub-orchestration');
        break;
      case EventType.TimerCreated:
        this.timerOpened(event);
        break;
      case EventType.EventSent:
        this.took(event.EventId);
        break;
      case EventType.TimerFired:
        this.open.delete(Number(event['TimerId']));
        break;
      case EventType.OrchestratorCompleted:
        this.turnEnded(event);
        break;
      default:
        if (typeof event['TaskScheduledId'] === 'number') this.open.delete(event['TaskScheduledId']);
    }
  }

  private took(id: number): void {
    this.nextId = Math.max(this.nextId, id + 1);
  }

  private opened(event: HistoryEvent, kind: OpenTask['kind']): void {
    this.took(event.EventId);
    this.open.set(event.EventId, {
      kind,
      retry: event['$retry'] as RetryState | undefined,
      http: event['$http'],
    });
  }

  private timerOpened(event: HistoryEvent): void {
    this.opened(event, 'timer');
    const task = this.open.get(event.EventId);
    if (task) task.fireAt = timeOf(event['FireAt']);
  }

  private turnEnded(event: HistoryEvent): void {
    if (typeof event['$leaves'] === 'number') this.leavesMapped = event['$leaves'];
    if (typeof event['$nextId'] === 'number') this.nextId = event['$nextId'];
    for (const id of (event['$canceled'] as number[] | undefined) ?? []) this.open.delete(id);
  }
}

import type { HistoryEvent } from './contract';

/** The extension's event numbers; durable-functions switches on them. */
export const EventType = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionFailed: 2,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventSent: 14,
  EventRaised: 15,
  ContinueAsNew: 16,
  GenericEvent: 17,
  HistoryState: 18,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

const names = new Map<number, string>(Object.entries(EventType).map(([name, value]) => [value, name]));

export function eventTypeName(eventType: number): string {
  return names.get(eventType) ?? String(eventType);
}

/** Builds an event; `fields` carries what its type needs. Names that begin with `$` are ours, and never leave the host. */
export function event(
  eventType: number,
  time: number,
  fields: Record<string, unknown> & { EventId?: number } = {},
): HistoryEvent {
  return { EventType: eventType, EventId: -1, IsPlayed: false, Timestamp: isoTime(time), ...fields };
}

export function isoTime(time: number): string {
  return new Date(time).toISOString();
}

/** An event's time: text as stored, a Date once durable-functions has read it. */
export function timeOf(value: unknown): number {
  return value instanceof Date ? value.getTime() : Date.parse(String(value));
}

export interface StartedFields {
  name: string;
  instanceId: string;
  executionId: string;
  input: string | undefined;
  parentInstanceId: string | null;
}

export function executionStarted(time: number, started: StartedFields): HistoryEvent {
  return event(EventType.ExecutionStarted, time, {
    Name: started.name,
    Version: '',
    Input: started.input ?? null,
    OrchestrationInstance: { InstanceId: started.instanceId, ExecutionId: started.executionId },
    ParentInstance: started.parentInstanceId ? { InstanceId: started.parentInstanceId } : null,
    Tags: null,
  });
}

export function eventRaised(time: number, name: string, input: string | null): HistoryEvent {
  return event(EventType.EventRaised, time, { Name: name, Input: input });
}

/** An entity's answer travels as an event named after the request; it is nobody's external event. */
export function entityAnswered(time: number, requestId: string, response: unknown): HistoryEvent {
  return { ...eventRaised(time, requestId, JSON.stringify(response)), $response: true };
}

export function timerFired(time: number, timerId: number, fireAt: number): HistoryEvent {
  return event(EventType.TimerFired, time, { TimerId: timerId, FireAt: isoTime(fireAt) });
}

export function taskCompleted(time: number, taskId: number, result: string | undefined): HistoryEvent {
  return event(EventType.TaskCompleted, time, { TaskScheduledId: taskId, Result: result ?? 'null' });
}

/** `Reason` and `Details` must both be text, or durable-functions rejects the whole replay. */
export function taskFailed(
  time: number,
  taskId: number,
  failure: { reason: string; details: string },
): HistoryEvent {
  return event(EventType.TaskFailed, time, {
    TaskScheduledId: taskId,
    Reason: failure.reason,
    Details: failure.details,
  });
}

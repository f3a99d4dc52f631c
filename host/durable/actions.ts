import { ActionType, leavesOf, type Action } from './action-types';
import type { HistoryEvent, OrchestratorOutcome } from './contract';
import { checkDeterminism } from './determinism';
import { EventType, event, isoTime, timeOf } from './history';
import type { Ledger, RetryOptions, RetryState } from './ledger';
import { heldLock, lockEvent, releaseEvents } from './locks';
import { HTTP_ACTIVITY, nextAttempt, type Reaction } from './retries';

export interface Mapping extends Reaction {
  instanceId: string;
  /** All that stands before the actions to map. */
  history: readonly HistoryEvent[];
  /** Ids for entity requests; durable-functions learns them from the history, so they may be random. */
  newId: () => string;
}

export interface MappedActions {
  events: HistoryEvent[];
  leaves: Action[];
  canceledTimers: number[];
  continueAsNew?: { input: string | undefined };
}

/**
 * Turns the actions an outcome lists and earlier turns have not seen into history events, giving out ids exactly as
 * durable-functions does: one per task and per signal, in the order of the leaves.
 * Throws `UnsupportedActionError` for an action this host does not have, and `NonDeterministicError`.
 */
export function mapActions(outcome: OrchestratorOutcome, mapping: Mapping): MappedActions {
  const leaves = leavesOf(outcome.actions);
  const mapped: MappedActions = { events: [], leaves, canceledTimers: [] };
  // The library always lists a group, if an empty one: no group at all means that the orchestrator did not run.
  if (outcome.actions.length > 0) checkDeterminism(leaves, mapping.ledger);
  for (let leaf = mapping.ledger.leavesMapped; leaf < leaves.length; leaf++) {
    const action = leaves[leaf];
    if (!action || action['actionType'] === ActionType.ContinueAsNew) continue;
    eventsOf(action, { mapping, soFar: mapped.events }).forEach((made, index) => {
      if (index === 0) made['$leaf'] = leaf;
      mapping.ledger.apply(made);
      mapped.events.push(made);
    });
  }
  // Looked up among all: an earlier turn may have seen it and had to wait for open tasks.
  const continued = leaves.find((action) => action['actionType'] === ActionType.ContinueAsNew);
  if (continued) mapped.continueAsNew = { input: asJson(continued['input']) };
  mapped.canceledTimers = canceledTimers(leaves, mapping.ledger);
  for (const id of mapped.canceledTimers) mapping.ledger.open.delete(id);
  mapping.ledger.leavesMapped = Math.max(mapping.ledger.leavesMapped, leaves.length);
  return mapped;
}

function canceledTimers(leaves: readonly Action[], ledger: Ledger): number[] {
  const canceled: number[] = [];
  for (const [leaf, { id }] of ledger.mapped) {
    if (leaves[leaf]?.['isCanceled'] === true && ledger.open.has(id)) canceled.push(id);
  }
  return canceled;
}

export class UnsupportedActionError extends Error {
  override name = 'UnsupportedActionError';
}

interface Place {
  mapping: Mapping;
  /** Events of this turn that stand before. */
  soFar: readonly HistoryEvent[];
}

/** None for what takes no id and leaves no trace: a wait for an external event. */
function eventsOf(action: Action, { mapping, soFar }: Place): HistoryEvent[] {
  switch (action['actionType']) {
    case ActionType.CallActivity:
    case ActionType.CallActivityWithRetry:
    case ActionType.CallSubOrchestrator:
    case ActionType.CallSubOrchestratorWithRetry:
      return [callEvent(action, mapping)];
    case ActionType.CreateTimer:
      return [timerEvent(action, mapping)];
    case ActionType.CallEntity:
    case ActionType.SignalEntity:
    case ActionType.ScheduledSignalEntity:
      return [entityEvent(action, mapping)];
    case ActionType.CallHttp:
      return [httpEvent(action, mapping)];
    case ActionType.LockEntities: {
      const lockset = action['lockSet'] as { name: string; key: string }[];
      return [
        lockEvent(mapping.ledger.nextId, { lockset, requestId: String(action['lockRequestId']) }, mapping),
      ];
    }
    case ActionType.ReleaseEntities: {
      const held = heldLock(soFar) ?? heldLock(mapping.history);
      return held ? releaseEvents(mapping.ledger.nextId, held, mapping) : [];
    }
    case ActionType.WaitForExternalEvent:
      return [];
    default:
      throw new UnsupportedActionError(
        `This host does not support action type ${String(action['actionType'])}.`,
      );
  }
}

function timerEvent(action: Action, { ledger, now }: Mapping): HistoryEvent {
  const FireAt = isoTime(timeOf(action['fireAt']));
  return event(EventType.TimerCreated, now, { EventId: ledger.nextId, FireAt });
}

function callEvent(action: Action, mapping: Mapping): HistoryEvent {
  const type = action['actionType'];
  const isActivity = type === ActionType.CallActivity || type === ActionType.CallActivityWithRetry;
  const input = isActivity ? activityInput(action['input']) : asJson(action['input']);
  const instanceId = typeof action['instanceId'] === 'string' ? action['instanceId'] : undefined;
  const call: RetryState = {
    kind: isActivity ? 'activity' : 'sub-orchestration',
    name: String(action['functionName']),
    input: input ?? null,
    options: action['retryOptions'] as RetryOptions,
    attempt: 1,
    firstAttemptAt: mapping.now,
    ...(instanceId ? { instanceId } : {}),
  };
  const made = nextAttempt(call, mapping);
  if (!action['retryOptions']) delete made['$retry'];
  return made;
}

function entityEvent(action: Action, mapping: Mapping): HistoryEvent {
  const isSignal = action['actionType'] !== ActionType.CallEntity;
  const input = asJson(action['input']);
  const due =
    action['actionType'] === ActionType.ScheduledSignalEntity ? timeOf(action['fireAt']) : undefined;
  const request = {
    op: String(action['operation']),
    ...(isSignal ? { signal: true } : {}),
    ...(input === undefined ? {} : { input }),
    id: mapping.newId(),
    parent: mapping.instanceId,
    parentExecution: mapping.executionId,
    ...(due === undefined ? {} : { due: isoTime(due) }),
  };
  return event(EventType.EventSent, mapping.now, {
    EventId: mapping.ledger.nextId,
    InstanceId: String(action['instanceId']),
    Name: due === undefined ? 'op' : `op@${isoTime(due)}`,
    Input: JSON.stringify(request),
  });
}

function httpEvent(action: Action, mapping: Mapping): HistoryEvent {
  const request = action['httpRequest'] as Record<string, unknown>;
  return event(EventType.TaskScheduled, mapping.now, {
    EventId: mapping.ledger.nextId,
    Name: HTTP_ACTIVITY,
    Version: '',
    Input: JSON.stringify(request),
    ...(request['asynchronousPatternEnabled'] === false ? {} : { $http: request }),
  });
}

/** The library has already made a text input JSON (`processInput`), and leaves everything else as it is. */
function activityInput(input: unknown): string | undefined {
  return typeof input === 'string' ? input : asJson(input);
}

function asJson(input: unknown): string | undefined {
  return input === undefined ? undefined : JSON.stringify(input);
}

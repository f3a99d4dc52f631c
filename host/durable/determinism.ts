import { ActionType, type Action } from './action-types';
import { EventType } from './history';
import type { Ledger, MappedLeaf } from './ledger';
import { HTTP_ACTIVITY } from './retries';

export class NonDeterministicError extends Error {
  override name = 'NonDeterministicError';
}

const kinds = new Map<number, string>([
  [EventType.TaskScheduled, 'an activity task'],
  [EventType.SubOrchestrationInstanceCreated, 'a sub-orchestration task'],
  [EventType.TimerCreated, 'a timer task'],
  [EventType.EventSent, 'a send event task'],
]);

const changed = 'Was a change made to the orchestrator code after this instance had already started running?';

/**
 * Throws when the actions of this run are not those that earlier turns scheduled, in DurableTask's words. Without the check
 * a changed orchestrator would be handed results of calls it never made.
 */
export function checkDeterminism(leaves: readonly Action[], ledger: Ledger): void {
  for (const [leaf, past] of ledger.mapped) {
    const action = leaves[leaf];
    const name = past.name === undefined ? '' : ` and name '${past.name}'`;
    const before =
      `Non-Deterministic workflow detected: A previous execution of this orchestration scheduled ` +
      `${kinds.get(past.eventType) ?? 'a task'} with sequence ID ${past.id}${name}`;
    if (!action) {
      throw new NonDeterministicError(
        `${before}, but the current replay execution hasn't (yet?) scheduled this task. ${changed}`,
      );
    }
    if (isSame(action, past)) continue;
    throw new NonDeterministicError(
      `${before}, but the current orchestration replay instead produced ${described(action)} with this sequence number. ${changed}`,
    );
  }
}

function isSame(action: Action, past: MappedLeaf): boolean {
  if (eventTypeOf(action) !== past.eventType) return false;
  const name = nameOf(action);
  return name === undefined || name.toLowerCase() === past.name?.toLowerCase();
}

function eventTypeOf(action: Action): number | undefined {
  switch (action['actionType']) {
    case ActionType.CallActivity:
    case ActionType.CallActivityWithRetry:
    case ActionType.CallHttp:
      return EventType.TaskScheduled;
    case ActionType.CallSubOrchestrator:
    case ActionType.CallSubOrchestratorWithRetry:
      return EventType.SubOrchestrationInstanceCreated;
    case ActionType.CreateTimer:
      return EventType.TimerCreated;
    case ActionType.CallEntity:
    case ActionType.SignalEntity:
    case ActionType.ScheduledSignalEntity:
    case ActionType.LockEntities:
    case ActionType.ReleaseEntities:
      return EventType.EventSent;
    default:
      return undefined;
  }
}

function nameOf(action: Action): string | undefined {
  if (action['actionType'] === ActionType.CallHttp) return HTTP_ACTIVITY;
  return typeof action['functionName'] === 'string' ? action['functionName'] : undefined;
}

function described(action: Action): string {
  const name = nameOf(action);
  const type = Object.entries(ActionType).find(([, value]) => value === action['actionType'])?.[0];
  return `a ${type ?? String(action['actionType'])} action${name === undefined ? '' : ` named '${name}'`}`;
}

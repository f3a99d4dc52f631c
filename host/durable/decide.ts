import { awaitedEvents } from './action-types';
import { mapActions, UnsupportedActionError, type MappedActions, type Mapping } from './actions';
import type { HistoryEvent, OrchestratorOutcome, RuntimeStatus } from './contract';
import { NonDeterministicError } from './determinism';
import { EventType, event } from './history';

export interface Completion {
  status: Extract<RuntimeStatus, 'Completed' | 'Failed' | 'Terminated'>;
  /** What status queries show: JSON, or for a failure or a termination the plain reason. */
  output: string | null;
  details: string;
}

export interface Decision {
  /** New events, in history order; each stands for the work its type implies. */
  events: HistoryEvent[];
  canceledTimers: number[];
  completion?: Completion;
  continueAsNew?: { input: string | undefined; awaited: string[] };
  customStatus?: string;
}

/**
 * What one run of the orchestrator means. Like DurableTask's executor, an orchestrator that has returned, failed or
 * continued as new does not end while a task of its own is open: a timer neither fired nor cancelled keeps it running.
 */
export function decide(name: string, outcome: OrchestratorOutcome, mapping: Mapping): Decision {
  const decision: Decision = { events: [], canceledTimers: [] };
  if (outcome.customStatus !== undefined && outcome.customStatus !== null) {
    decision.customStatus = JSON.stringify(outcome.customStatus);
  }
  let mapped: MappedActions;
  try {
    mapped = mapActions(outcome, mapping);
  } catch (error) {
    if (error instanceof NonDeterministicError) {
      return { ...decision, completion: { status: 'Failed', output: error.message, details: '' } };
    }
    if (!(error instanceof UnsupportedActionError)) throw error;
    return { ...decision, completion: failure(name, error.message, '') };
  }
  decision.events.push(...mapped.events);
  decision.canceledTimers.push(...mapped.canceledTimers);
  if (mapping.ledger.open.size > 0) return decision;
  if (outcome.error)
    return { ...decision, completion: failure(name, outcome.error, `Message: ${outcome.error}`) };
  if (!outcome.isDone) return decision;
  if (mapped.continueAsNew) {
    return { ...decision, continueAsNew: { ...mapped.continueAsNew, awaited: awaitedEvents(mapped.leaves) } };
  }
  return { ...decision, completion: { status: 'Completed', output: json(outcome.output), details: '' } };
}

export function failure(name: string, message: string, details: string): Completion {
  return { status: 'Failed', output: `Orchestrator function '${name}' failed: ${message}`, details };
}

/** The outcome in the message of the error that durable-functions throws for a failed orchestrator. */
export function outcomeOf(error: unknown): OrchestratorOutcome | undefined {
  const message = error instanceof Error ? error.message : '';
  const label = '$OutOfProcData$:';
  const start = message.indexOf(label);
  if (start < 0) return undefined;
  try {
    return JSON.parse(message.slice(start + label.length)) as OrchestratorOutcome;
  } catch {
    return undefined;
  }
}

export function completedEvent(now: number, id: number, completion: Completion): HistoryEvent {
  return event(EventType.ExecutionCompleted, now, {
    EventId: id,
    OrchestrationStatus: completion.status,
    Result: completion.output,
  });
}

function json(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}

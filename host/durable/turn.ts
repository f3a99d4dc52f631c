import { randomUUID } from 'node:crypto';
import { leavesOf } from './action-types';
import { sortMessages, turnTime, type Batch } from './batch';
import type { FunctionInvoker, HistoryEvent, OrchestratorBody, OrchestratorOutcome } from './contract';
import { completedEvent, decide, outcomeOf, type Completion, type Decision } from './decide';
import { respellEvents, unconsumedEvents } from './external-events';
import { event, EventType, executionStarted } from './history';
import type { Instance, Message } from './instance';
import { heldLock, releaseEvents } from './locks';
import { react } from './retries';

/** All that one turn changes; written in one transaction. */
export interface TurnPlan {
  now: number;
  /** The turn's piece of the history, in order. */
  events: HistoryEvent[];
  /** Those of `events` that stand for new work. */
  work: HistoryEvent[];
  absorbed: Message[];
  parked: Message[];
  canceledTimers: number[];
  isSuspended: boolean;
  customStatus?: string;
  completion?: Completion;
  continueAsNew?: { input: string | undefined; carriedOver: HistoryEvent[] };
}

export interface TurnHost {
  invoker: FunctionInvoker;
  now: () => number;
}

/**
 * Runs an instance's next turn on the messages given: updates its history and ledger in memory and answers what to store.
 * Rejects only if the invoker gave no result.
 */
export async function runTurn(
  host: TurnHost,
  instance: Instance,
  messages: readonly Message[],
): Promise<TurnPlan> {
  const batch = sortMessages(instance.ledger, instance.row.status, messages);
  const isFirst = !instance.hasStarted && !batch.isSuspended;
  const isIdle = batch.events.length === 0 && batch.control.length === 0 && !batch.terminated && !isFirst;
  if (isIdle) return leftovers(host.now(), batch);
  const now = turnTime(host.now(), instance.ledger, batch.events);
  const plan: TurnPlan = {
    ...leftovers(now, batch),
    events: [...opening(instance, isFirst, now), ...batch.control],
  };
  for (const one of plan.events) instance.ledger.apply(one);
  for (const one of batch.events) {
    plan.work.push(...react(one, { ledger: instance.ledger, now, executionId: instance.row.executionId }));
  }
  plan.events.push(...batch.events, ...(batch.terminated ? [batch.terminated] : []));
  append(instance.history, plan.events);
  if (batch.terminated) terminate(plan, batch.terminated, instance);
  else if (!batch.isSuspended) await orchestrate(host, instance, plan);
  close(plan, instance);
  return plan;
}

function leftovers(now: number, batch: Batch): TurnPlan {
  const { absorbed, parked, isSuspended } = batch;
  return { now, events: [], work: [], absorbed, parked, canceledTimers: [], isSuspended };
}

function opening(instance: Instance, isFirst: boolean, now: number): HistoryEvent[] {
  const { row } = instance;
  const opened = [event(EventType.OrchestratorStarted, now)];
  if (isFirst) {
    const { name, executionId, id: instanceId, parentId: parentInstanceId } = row;
    opened.push(
      executionStarted(now, {
        name,
        executionId,
        instanceId,
        parentInstanceId,
        input: row.input ?? undefined,
      }),
    );
  }
  return opened;
}

async function orchestrate(host: TurnHost, instance: Instance, plan: TurnPlan): Promise<void> {
  const { ledger, row } = instance;
  let outcome = await invoke(host.invoker, instance);
  while (respellEvents(instance.history, leavesOf(outcome.actions)))
    outcome = await invoke(host.invoker, instance);
  for (const one of plan.events) one.IsPlayed = true;
  const decision = decide(row.name, outcome, {
    ledger,
    now: plan.now,
    executionId: row.executionId,
    instanceId: row.id,
    history: instance.history,
    newId: randomUUID,
  });
  follow(plan, decision, instance);
}

function follow(plan: TurnPlan, decision: Decision, instance: Instance): void {
  plan.work.push(...decision.events);
  plan.canceledTimers.push(...decision.canceledTimers);
  if (decision.customStatus !== undefined) plan.customStatus = decision.customStatus;
  if (decision.completion) plan.completion = decision.completion;
  if (decision.continueAsNew) {
    const { input, awaited } = decision.continueAsNew;
    plan.continueAsNew = { input, carriedOver: unconsumedEvents(instance.history, awaited) };
  }
}

function terminate(plan: TurnPlan, terminated: HistoryEvent, instance: Instance): void {
  plan.completion = { status: 'Terminated', output: String(terminated['Input'] ?? ''), details: '' };
  instance.ledger.open.clear();
}

/** Ends the turn's piece of history, and the in-memory one with it. */
function close(plan: TurnPlan, instance: Instance): void {
  const { ledger } = instance;
  if (plan.completion || plan.continueAsNew) releaseLock(plan, instance);
  const ending = [...plan.work];
  if (plan.completion) ending.push(completedEvent(plan.now, ledger.nextId, plan.completion));
  ending.push(
    event(EventType.OrchestratorCompleted, plan.now, {
      $leaves: ledger.leavesMapped,
      $nextId: ledger.nextId,
      ...(plan.canceledTimers.length > 0 ? { $canceled: plan.canceledTimers } : {}),
    }),
  );
  append(plan.events, ending);
  append(instance.history, ending);
  for (const one of ending) one.IsPlayed = true;
}

/** An orchestration that ends holding locks gives them back; on Azure a terminated one would keep them for good. */
function releaseLock(plan: TurnPlan, { ledger, history, row }: Instance): void {
  const held = heldLock([...history, ...plan.work]);
  if (!held) return;
  const sender = { instanceId: row.id, executionId: row.executionId, now: plan.now };
  for (const release of releaseEvents(ledger.nextId, held, sender)) {
    ledger.apply(release);
    plan.work.push(release);
  }
}

/** `push(...many)` puts every element on the stack, which a wide fan-out overflows. */
function append(target: HistoryEvent[], events: readonly HistoryEvent[]): void {
  for (const one of events) target.push(one);
}

async function invoke(invoker: FunctionInvoker, instance: Instance): Promise<OrchestratorOutcome> {
  const { name } = instance.row;
  if (!invoker.has('orchestrator', name)) {
    return failed(`The function '${name}' doesn't exist, is disabled, or is not an orchestrator function.`);
  }
  try {
    return await invoker.orchestrator(name, bodyOf(instance));
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error;
    const outcome = outcomeOf(error);
    const message = error instanceof Error ? error.message : String(error);
    return outcome ? { ...outcome, error: outcome.error || '(no message)' } : failed(message);
  }
}

function failed(message: string): OrchestratorOutcome {
  return { isDone: false, actions: [], error: message };
}

/** Azure Storage's limits for timers; this host sets a long timer at once, which durable-functions accepts as well. */
const TIMER_LIMITS = {
  maximumShortTimerDuration: '6.00:00:00',
  longRunningTimerIntervalDuration: '3.00:00:00',
};

function bodyOf(instance: Instance): OrchestratorBody {
  return {
    instanceId: instance.row.id,
    history: instance.history,
    input: instance.row.input ?? undefined,
    isReplaying: instance.turns > 0,
    parentInstanceId: instance.row.parentId,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    ...TIMER_LIMITS,
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  };
}

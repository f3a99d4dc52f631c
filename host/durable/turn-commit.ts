import { completedTask } from './batch';
import type { HistoryEvent } from './contract';
import { event, EventType, taskFailed, timeOf } from './history';
import type { Instance, Message } from './instance';
import type { RetryState } from './ledger';
import { newExecutionId } from './new-instance';
import type { ActivityRow, EntityRequestRow, InstanceRow, Store, TimerRow } from './store';
import { childEnded, childOf, writeChild } from './sub-orchestrations';
import type { TurnPlan } from './turn';

/** What becomes live once the turn is on disk. */
export interface Effects {
  row: InstanceRow;
  activities: ActivityRow[];
  timers: TimerRow[];
  canceledTimers: number[];
  entities: EntityRequestRow[];
  messages: { key: number; message: Message }[];
  children: number[];
  /** Messages that were given a row because the instance is suspended. */
  parked: { message: Message; seq: number }[];
  /** Events for the next generation. They keep their numbers, and so come before what has arrived since. */
  carriedOver: Message[];
  /** How much text the turn has added to the history. */
  size: number;
}

/** Prepares the writes of a turn; `write` may be run again after a rollback, and `effects` is complete once it has run. */
export function turnCommit(
  store: Store,
  instance: Instance,
  plan: TurnPlan,
): { write: () => void; effects: Effects } {
  const row = nextRow(instance, plan);
  const effects: Effects = {
    row,
    activities: [],
    timers: [],
    canceledTimers: plan.canceledTimers,
    entities: [],
    messages: [],
    children: [],
    parked: [],
    carriedOver: [],
    size: 0,
  };
  const children: InstanceRow[] = [];
  const send = (key: number, sent: HistoryEvent): void => {
    effects.messages.push({ key, message: { event: sent, seq: store.newSeq() } });
  };
  for (const work of plan.work) addWork(work, { store, plan, row, effects, children, send });
  if (plan.completion && row.parentKey !== null) {
    send(row.parentKey, childEnded(row, plan.completion, plan.now));
  }
  const carriedOver = (plan.continueAsNew?.carriedOver ?? []).map((carried) => ({
    event: fresh(carried),
    seq: seqOf(carried),
  }));
  effects.carriedOver = carriedOver;
  // Those that came in this very turn just keep their rows: a flood of events must not be written anew each generation.
  const inBatch = new Set(plan.absorbed.map(({ seq }) => seq));
  const carriedSeqs = new Set(carriedOver.map(({ seq }) => seq));
  const sent = effects.messages.length;
  const parked = plan.parked
    .filter((message) => message.seq === undefined)
    .map((message) => ({ message, seq: store.newSeq() }));
  effects.parked = parked;

  const write = (): void => {
    effects.messages.length = sent;
    effects.children.length = 0;
    absorb(
      store,
      row.key,
      plan.absorbed.filter(({ seq }) => seq === undefined || !carriedSeqs.has(seq)),
    );
    for (const task of plan.canceledTimers) removeTimer(store, row.key, task);
    for (const { message, seq } of parked) {
      removeSource(store, row.key, message.event);
      store.insertInbox(seq, row.key, message.event);
    }
    effects.size = writeHistory(store, instance, plan);
    writeWork(store, effects);
    for (const child of children) {
      const refused = writeChild(store, child);
      if (refused) send(row.key, refused);
      else effects.children.push(child.key);
    }
    if (plan.completion) store.deleteWork(row.key);
    store.updateInstance(row);
    for (const { key, message } of effects.messages) {
      store.insertInbox(message.seq as number, key, message.event);
    }
    for (const { event: carried, seq } of carriedOver) {
      if (!inBatch.has(seq)) store.insertInbox(seq, row.key, carried);
    }
  };
  return { write, effects };
}

function writeWork(store: Store, effects: Effects): void {
  for (const { key, task, name, input } of effects.activities) {
    store.run('INSERT INTO activities VALUES (?, ?, ?, ?)', key, task, name, input);
  }
  for (const { key, task, fireAt } of effects.timers) {
    store.run('INSERT INTO timers VALUES (?, ?, ?)', key, task, fireAt);
  }
  for (const request of effects.entities) store.insertEntityRequest(request);
}

function nextRow(instance: Instance, plan: TurnPlan): InstanceRow {
  const row = { ...instance.row, updatedAt: plan.now };
  if (plan.customStatus !== undefined) row.customStatus = plan.customStatus;
  if (plan.completion) {
    return { ...row, status: plan.completion.status, output: plan.completion.output, finishedAt: plan.now };
  }
  if (plan.continueAsNew) {
    const input = plan.continueAsNew.input ?? null;
    return { ...row, status: 'Running', executionId: newExecutionId(), input };
  }
  return { ...row, status: plan.isSuspended ? 'Suspended' : instance.hasStarted ? 'Running' : 'Pending' };
}

function seqOf(event: HistoryEvent): number {
  return Number(event['$seq']);
}

/** A carried event is new to the next generation: our marks on it, and its reading by the library, are of the last one. */
function fresh(carried: HistoryEvent): HistoryEvent {
  return event(EventType.EventRaised, timeOf(carried.Timestamp), {
    Name: carried['Name'],
    Input: carried['Input'],
  });
}

interface WorkContext {
  store: Store;
  plan: TurnPlan;
  row: InstanceRow;
  effects: Effects;
  children: InstanceRow[];
  send: (key: number, event: HistoryEvent) => void;
}

/** A history event of a scheduling type is the order for the work it names. */
function addWork(work: HistoryEvent, { store, plan, row, effects, children, send }: WorkContext): void {
  const task = work.EventId;
  const text = (field: string): string | null => (work[field] as string | null | undefined) ?? null;
  const retry = work['$retry'] as RetryState | undefined;
  if (work.EventType === EventType.TimerCreated) {
    if (!plan.canceledTimers.includes(task))
      effects.timers.push({ key: row.key, task, fireAt: timeOf(work['FireAt']) });
  } else if (work.EventType === EventType.EventSent) {
    const request = String(work['Input']);
    const due = (JSON.parse(request) as { due?: string }).due;
    const entity = String(work['InstanceId']);
    effects.entities.push({ seq: store.newSeq(), entity, due: due ? timeOf(due) : null, request });
  } else if (retry?.isExpired) {
    send(
      row.key,
      taskFailed(plan.now, task, retry.failure ?? { reason: 'The retry time-out has passed.', details: '' }),
    );
  } else if (work.EventType === EventType.TaskScheduled) {
    effects.activities.push({ key: row.key, task, name: String(work['Name']), input: text('Input') });
  } else if (work.EventType === EventType.SubOrchestrationInstanceCreated) {
    children.push(childOf(row, work, { store, now: plan.now }));
  }
}

/** Removes the rows of what the turn used up. */
function absorb(store: Store, key: number, messages: readonly Message[]): void {
  for (const { seq, event: absorbed } of messages) {
    if (seq !== undefined) store.run('DELETE FROM inbox WHERE seq = ?', seq);
    else removeSource(store, key, absorbed);
  }
}

function removeTimer(store: Store, key: number, task: number): void {
  store.run('DELETE FROM timers WHERE key = ? AND task = ?', key, task);
}

/** A message without an inbox row stands on the row of the work it reports. */
function removeSource(store: Store, key: number, event: HistoryEvent): void {
  const task = completedTask(event);
  if (task === undefined) return;
  if (event.EventType === EventType.TimerFired) removeTimer(store, key, task);
  else store.run('DELETE FROM activities WHERE key = ? AND task = ?', key, task);
}

/** The input is kept once, in `inputs`. */
function writeHistory(store: Store, instance: Instance, plan: TurnPlan): number {
  const { key } = instance.row;
  if (plan.continueAsNew) {
    store.run('DELETE FROM history WHERE key = ?', key);
    store.setInput(key, plan.continueAsNew.input ?? null);
    return 0;
  }
  if (plan.events.length === 0) return 0;
  const isStart = (one: HistoryEvent): boolean => one.EventType === EventType.ExecutionStarted;
  const events = plan.events.map((one) => (isStart(one) ? { ...one, Input: null } : one));
  return store.insertHistory(key, instance.turns, events);
}

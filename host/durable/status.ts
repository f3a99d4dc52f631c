import type { HistoryEvent, InstanceStatus } from './contract';
import { eventTypeName, EventType } from './history';
import type { InstanceRow } from './store';

export interface StatusOptions {
  showHistory?: boolean;
  showHistoryOutput?: boolean;
  showInput?: boolean;
}

export function statusOf(row: InstanceRow, showInput = true): InstanceStatus {
  return {
    name: row.name,
    instanceId: row.id,
    runtimeStatus: row.status,
    input: showInput ? parsed(row.input) : null,
    customStatus: parsed(row.customStatus),
    output: parsed(row.output),
    createdTime: new Date(row.createdAt).toISOString(),
    lastUpdatedTime: new Date(row.updatedAt).toISOString(),
  };
}

/** JSON if it is JSON, else the text itself: a failure's or a termination's reason is not quoted. */
export function parsed(text: string | null): unknown {
  if (text === null) return null;
  const trimmed = text.trim();
  if (trimmed === '') return '';
  try {
    return JSON.parse(trimmed) as unknown;
  } catch {
    return trimmed;
  }
}

type Shown = Record<string, unknown>;

/**
 * The history as `GetStatusAsync` of the extension's client shapes it: names for types, completions merged with what
 * scheduled them, turns' own bounds and bookkeeping left out.
 */
export function historyOf(history: readonly HistoryEvent[], options: StatusOptions): Shown[] {
  const scheduled = new Map<string, HistoryEvent>();
  const merged = new Set<HistoryEvent>();
  for (const event of history) {
    if (isScheduling(event)) scheduled.set(`${event.EventType}:${event.EventId}`, event);
    const source = sourceOf(event, scheduled);
    if (source) merged.add(source);
  }
  const isBound = (event: HistoryEvent): boolean =>
    event.EventType === EventType.OrchestratorStarted || event.EventType === EventType.OrchestratorCompleted;
  return history
    .filter((event) => !isBound(event) && !merged.has(event))
    .map((event) => shown(event, sourceOf(event, scheduled), options));
}

function isScheduling(event: HistoryEvent): boolean {
  return (
    event.EventType === EventType.TaskScheduled ||
    event.EventType === EventType.SubOrchestrationInstanceCreated
  );
}

const sourceTypes = new Map<number, number>([
  [EventType.TaskCompleted, EventType.TaskScheduled],
  [EventType.TaskFailed, EventType.TaskScheduled],
  [EventType.SubOrchestrationInstanceCompleted, EventType.SubOrchestrationInstanceCreated],
  [EventType.SubOrchestrationInstanceFailed, EventType.SubOrchestrationInstanceCreated],
]);

function sourceOf(event: HistoryEvent, scheduled: Map<string, HistoryEvent>): HistoryEvent | undefined {
  const type = sourceTypes.get(event.EventType);
  return type === undefined ? undefined : scheduled.get(`${type}:${String(event['TaskScheduledId'])}`);
}

const hidden = new Set([
  'EventId',
  'IsPlayed',
  'TaskScheduledId',
  'TimerId',
  'Tags',
  'Version',
  'OrchestrationInstance',
  'ParentInstance',
]);

function shown(event: HistoryEvent, source: HistoryEvent | undefined, options: StatusOptions): Shown {
  const view: Shown = {};
  for (const [name, value] of Object.entries(event))
    if (!name.startsWith('$') && !hidden.has(name)) view[name] = value;
  view['EventType'] = eventTypeName(event.EventType);
  if (event.EventType === EventType.ExecutionStarted) {
    view['FunctionName'] = event['Name'];
    delete view['Name'];
  }
  if (source) {
    view['ScheduledTime'] = source.Timestamp;
    view['FunctionName'] = source['Name'];
    if (options.showInput) view['Input'] = source['Input'];
  }
  if (options.showHistoryOutput && 'Result' in view) view['Result'] = parsed(view['Result'] as string | null);
  else delete view['Result'];
  if (!options.showInput) delete view['Input'];
  return view;
}

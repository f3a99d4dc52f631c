import type { HistoryEvent } from './contract';
import type { Completion } from './decide';
import { event, EventType } from './history';
import { newInstance } from './new-instance';
import type { InstanceRow, Store } from './store';

/** The instance that a `SubOrchestrationInstanceCreated` calls for. */
export function childOf(
  parent: InstanceRow,
  created: HistoryEvent,
  { store, now }: { store: Store; now: number },
): InstanceRow {
  return newInstance(store, {
    id: String(created['InstanceId']),
    name: String(created['Name']),
    input: (created['Input'] as string | null | undefined) ?? null,
    now,
    parent: { key: parent.key, id: parent.id, task: created.EventId },
  });
}

/**
 * Replaces a finished instance of the same id. A live one makes the call fail, as nobody could ever answer it: the
 * failure is then returned, and nothing is written.
 */
export function writeChild(store: Store, child: InstanceRow): HistoryEvent | undefined {
  const existing = store.instanceById(child.id);
  if (existing && existing.finishedAt === null) {
    return event(EventType.SubOrchestrationInstanceFailed, child.createdAt, {
      TaskScheduledId: child.parentTask,
      Reason: `An orchestration instance with the id '${child.id}' is already under way.`,
      Details: '',
    });
  }
  if (existing) store.deleteInstance(existing.key);
  store.insertInstance(child);
  return undefined;
}

/** What a parent hears of the end of its child. */
export function childEnded(child: InstanceRow, completion: Completion, now: number): HistoryEvent {
  const TaskScheduledId = child.parentTask;
  const { status, output, details } = completion;
  if (status === 'Completed') {
    const completed = { TaskScheduledId, Result: output ?? 'null' };
    return event(EventType.SubOrchestrationInstanceCompleted, now, completed);
  }
  const failed = { TaskScheduledId, Reason: output ?? '', Details: details };
  return event(EventType.SubOrchestrationInstanceFailed, now, failed);
}

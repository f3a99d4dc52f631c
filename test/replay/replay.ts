import { orchestrators } from '../../orchestrators';
import type { HistoryEvent } from '../../host/durable/contract';
import { outcomeOf } from '../../host/durable/decide';
import { EventType } from '../../host/durable/history';
import { leavesOf, type Action } from '../../host/durable/action-types';
import { createLibraryInvoker } from '../host/durable/library-app';

export interface RecordedHistory {
  orchestrator: string;
  instanceId: string;
  /** Serialised JSON. */
  input: string | null;
  history: HistoryEvent[];
}

/** What an orchestrator asked for, in order: the name of an activity, or a timer. */
type Asked = { kind: 'activity'; name: string } | { kind: 'timer' };

/** The history says so: what was scheduled, whatever came of it. A retry's own timer and second run are not asked for anew. */
function askedInHistory(history: HistoryEvent[]): Asked[] {
  return history.flatMap((event): Asked[] => {
    if (event.EventType === EventType.TaskScheduled)
      return [{ kind: 'activity', name: String(event['Name']) }];
    return event.EventType === EventType.TimerCreated ? [{ kind: 'timer' }] : [];
  });
}

function askedNow(actions: Action[]): Asked[] {
  return actions.flatMap((action): Asked[] => {
    if (typeof action['functionName'] === 'string')
      return [{ kind: 'activity', name: action['functionName'] }];
    return 'fireAt' in action ? [{ kind: 'timer' }] : [];
  });
}

/**
 * Replays a recorded history against today's orchestrator by the real executor. Throws where today's code fails on it, or asks for
 * something else than was asked for then: an instance of the shipped version would break in the same way.
 */
export async function replay(recorded: RecordedHistory): Promise<void> {
  const invoker = createLibraryInvoker({ orchestrators });
  const { instanceId, history, input } = recorded;
  const body = {
    instanceId,
    history: history.map((event) => ({ ...event, IsPlayed: true })),
    input: input ?? undefined,
    isReplaying: true,
    parentInstanceId: null,
    upperSchemaVersion: 0,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: '3.00:00:00',
    maximumShortTimerDuration: '6.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  };
  const outcome = await invoker.orchestrator(recorded.orchestrator, body).catch((error: unknown) => {
    const failed = outcomeOf(error);
    if (!failed) throw error;
    return failed;
  });
  if (outcome.error) throw new Error(`The orchestrator fails on its own history: ${outcome.error}`);
  const then = askedInHistory(history);
  const now = askedNow(leavesOf(outcome.actions));
  then.forEach((asked, index) => {
    if (JSON.stringify(asked) !== JSON.stringify(now[index])) {
      const said = (one: Asked | undefined): string => (one ? JSON.stringify(one) : 'nothing');
      throw new Error(
        `Not deterministic at request ${index + 1}: then ${said(asked)}, now ${said(now[index])}.`,
      );
    }
  });
  const hasEnded = history.some((event) => event.EventType === EventType.ExecutionCompleted);
  if (hasEnded && !outcome.isDone) throw new Error('The history has ended; the orchestrator goes on.');
}

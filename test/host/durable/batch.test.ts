import { ActionType, type Action } from '../../../host/durable/action-types';
import { mapActions } from '../../../host/durable/actions';
import { sortMessages, turnTime } from '../../../host/durable/batch';
import type { HistoryEvent } from '../../../host/durable/contract';
import { respellEvents, unconsumedEvents } from '../../../host/durable/external-events';
import {
  entityAnswered,
  event,
  eventRaised,
  EventType,
  eventTypeName,
  taskCompleted,
  taskFailed,
  timerFired,
} from '../../../host/durable/history';
import { Ledger } from '../../../host/durable/ledger';
import { react } from '../../../host/durable/retries';

const NOW = Date.UTC(2026, 0, 1);

function map(ledger: Ledger, ...actions: Action[]): void {
  const mapping = {
    ledger,
    now: NOW,
    executionId: 'execution',
    instanceId: 'instance',
    history: [],
    newId: String,
  };
  mapActions({ isDone: false, actions: [actions] }, mapping);
}

const activity = (functionName: string): Action => ({ actionType: ActionType.CallActivity, functionName });
const wait = (externalEventName: string): Action => ({
  actionType: ActionType.WaitForExternalEvent,
  externalEventName,
});
const retried = (functionName: string, maxNumberOfAttempts: number): Action => ({
  actionType: ActionType.CallActivityWithRetry,
  functionName,
  retryOptions: { firstRetryIntervalInMilliseconds: 1_000, maxNumberOfAttempts },
});

/** Each event as "type id", with the name if it has one. */
const brief = (events: readonly HistoryEvent[]): string[] =>
  events.map((one) =>
    [eventTypeName(one.EventType), one.EventId, one['Name']].filter((part) => part !== undefined).join(' '),
  );

describe('following a retry policy', () => {
  const reaction = (ledger: Ledger, now = NOW): Parameters<typeof react>[1] => ({
    ledger,
    now,
    executionId: 'execution',
  });
  const failure = { reason: 'no', details: '' };

  it('takes the ids durable-functions takes: a timer per failure, a task per timer but the last', () => {
    const ledger = new Ledger();
    map(ledger, retried('A', 2), activity('B'));
    expect(brief(react(taskFailed(NOW, 0, failure), reaction(ledger)))).toEqual(['TimerCreated 2']);
    expect(brief(react(timerFired(NOW, 2, NOW), reaction(ledger)))).toEqual(['TaskScheduled 3 A']);
    expect(brief(react(taskFailed(NOW, 3, failure), reaction(ledger)))).toEqual(['TimerCreated 4']);
    expect(react(timerFired(NOW, 4, NOW), reaction(ledger))).toEqual([]);
    expect([...ledger.open.keys()]).toEqual([1]);
  });

  it('puts what takes ids silently before what may run the orchestrator', () => {
    const ledger = new Ledger();
    map(ledger, retried('A', 3), activity('B'), retried('C', 3));
    const messages = [
      taskCompleted(NOW, 1, '1'),
      eventRaised(NOW, 'x', '1'),
      taskFailed(NOW, 2, failure),
      taskFailed(NOW, 0, failure),
    ].map((one) => ({ event: one }));
    const { events } = sortMessages(ledger, 'Running', messages);
    expect(events.map((one) => one['TaskScheduledId'] ?? one['Name'])).toEqual([2, 0, 1, 'x']);
  });
});

describe('sorting messages', () => {
  it('drops a second completion of a task, and one of a task that is not open', () => {
    const ledger = new Ledger();
    map(ledger, activity('A'));
    const messages = [taskCompleted(NOW, 0, '1'), taskCompleted(NOW, 0, '2'), timerFired(NOW, 7, NOW)].map(
      (one) => ({ event: one }),
    );
    const { events, absorbed } = sortMessages(ledger, 'Running', messages);
    expect(events.map((one) => one['Result'])).toEqual(['1']);
    expect(absorbed).toHaveLength(3);
  });

  it('parks all but control messages while suspended, and takes them up after a resumption in the same batch', () => {
    const suspended = event(EventType.ExecutionSuspended, NOW);
    const resumed = event(EventType.ExecutionResumed, NOW);
    const item = { event: eventRaised(NOW, 'x', '1') };
    expect(sortMessages(new Ledger(), 'Running', [{ event: suspended }, item])).toMatchObject({
      parked: [item],
      events: [],
    });
    expect(sortMessages(new Ledger(), 'Suspended', [item, { event: resumed }])).toMatchObject({
      parked: [],
      events: [item.event],
    });
  });

  it('never gives a turn a time before the last turn or before a timer it fires', () => {
    const ledger = new Ledger();
    ledger.apply(event(EventType.OrchestratorStarted, NOW + 5));
    expect(turnTime(NOW, ledger, [])).toBe(NOW + 5);
    expect(turnTime(NOW, ledger, [timerFired(NOW, 0, NOW + 9)])).toBe(NOW + 9);
  });
});

describe('external events', () => {
  it('hands on what no wait has taken, the earliest having been taken first', () => {
    const events = ['a1', 'b1', 'A2', 'a3'].map((name) => eventRaised(NOW, name.slice(0, 1), `"${name}"`));
    const reply = entityAnswered(NOW, 'c', 1);
    expect(unconsumedEvents([...events, reply], ['a', 'a']).map((one) => one['Input'])).toEqual([
      '"b1"',
      '"a3"',
    ]);
  });

  it('respells an event only if its own spelling is not awaited', () => {
    const history = [eventRaised(NOW, 'GO', '1'), eventRaised(NOW, 'go', '2')];
    expect(respellEvents(history, [wait('go')])).toBe(true);
    expect(history.map((one) => one['Name'])).toEqual(['go', 'go']);
    expect(respellEvents(history, [wait('Go'), wait('go')])).toBe(false);
  });
});

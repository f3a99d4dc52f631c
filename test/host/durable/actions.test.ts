import { ActionType, type Action } from '../../../host/durable/action-types';
import { mapActions, type MappedActions } from '../../../host/durable/actions';
import type { HistoryEvent, OrchestratorOutcome } from '../../../host/durable/contract';
import { decide, outcomeOf } from '../../../host/durable/decide';
import { event, EventType, eventTypeName } from '../../../host/durable/history';
import { Ledger } from '../../../host/durable/ledger';

const NOW = Date.UTC(2026, 0, 1);

function mapping(ledger: Ledger): Parameters<typeof mapActions>[1] {
  let ids = 0;
  return {
    ledger,
    now: NOW,
    executionId: 'execution',
    instanceId: 'instance',
    history: [],
    newId: () => `id-${ids++}`,
  };
}

function outcome(...actions: Action[]): OrchestratorOutcome {
  return { isDone: false, actions: [actions] };
}

function map(ledger: Ledger, ...actions: Action[]): MappedActions {
  return mapActions(outcome(...actions), mapping(ledger));
}

const activity = (functionName: string, input?: unknown): Action => ({
  actionType: ActionType.CallActivity,
  functionName,
  input,
});
const wait = (externalEventName: string): Action => ({
  actionType: ActionType.WaitForExternalEvent,
  externalEventName,
});
const timer = (at: number, isCanceled = false): Action => ({
  actionType: ActionType.CreateTimer,
  fireAt: new Date(at).toISOString(),
  isCanceled,
});
const all = (...compoundActions: Action[]): Action => ({ actionType: ActionType.WhenAll, compoundActions });
const any = (...compoundActions: Action[]): Action => ({ actionType: ActionType.WhenAny, compoundActions });
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

describe('mapping actions to history', () => {
  const table: [string, Action[], string[]][] = [
    ['one activity', [activity('A')], ['TaskScheduled 0 A']],
    ['a wait, which takes no id', [wait('x'), activity('A')], ['TaskScheduled 0 A']],
    [
      'compounds depth first',
      [any(activity('A'), all(activity('B'), wait('x'), timer(NOW)), activity('C'))],
      ['TaskScheduled 0 A', 'TaskScheduled 1 B', 'TimerCreated 2', 'TaskScheduled 3 C'],
    ],
    [
      'a sub-orchestration',
      [{ actionType: ActionType.CallSubOrchestrator, functionName: 'S', input: { a: 1 } }],
      ['SubOrchestrationInstanceCreated 0 S'],
    ],
    [
      'a signal and a call of an entity, one id each',
      [
        { actionType: ActionType.SignalEntity, instanceId: '@e@k', operation: 'add', input: 1 },
        { actionType: ActionType.CallEntity, instanceId: '@e@k', operation: 'get' },
      ],
      ['EventSent 0 op', 'EventSent 1 op'],
    ],
    [
      'a lock, one id, and its release, one id per entity',
      [
        {
          actionType: ActionType.LockEntities,
          lockRequestId: 'l',
          lockSet: [
            { name: 'e', key: '1' },
            { name: 'e', key: '2' },
          ],
        },
        { actionType: ActionType.ReleaseEntities },
        activity('A'),
      ],
      ['EventSent 0 op', 'EventSent 1 release', 'EventSent 2 release', 'TaskScheduled 3 A'],
    ],
    [
      'continue-as-new, which takes no id',
      [activity('A'), { actionType: ActionType.ContinueAsNew, input: 1 }],
      ['TaskScheduled 0 A'],
    ],
  ];
  it.each(table)('maps %s', (_what, actions, expected) => {
    expect(brief(map(new Ledger(), ...actions).events)).toEqual(expected);
  });

  it('maps only what earlier turns have not seen', () => {
    const ledger = new Ledger();
    const first = all(activity('A'), activity('B'));
    map(ledger, first);
    expect(brief(map(ledger, first, wait('x'), activity('C')).events)).toEqual(['TaskScheduled 2 C']);
  });

  it('schedules a task once though it is yielded in two compounds, when the two are the same object', () => {
    const shared = activity('A');
    expect(brief(map(new Ledger(), any(shared, activity('B')), any(shared, activity('C'))).events)).toEqual([
      'TaskScheduled 0 A',
      'TaskScheduled 1 B',
      'TaskScheduled 2 C',
    ]);
  });

  it('leaves a text input as the library has encoded it, and encodes any other', () => {
    const [text, object, nothing] = map(
      new Ledger(),
      activity('A', '"text"'),
      activity('A', { a: 1 }),
      activity('A'),
    ).events;
    expect([text?.['Input'], object?.['Input'], nothing?.['Input']]).toEqual(['"text"', '{"a":1}', null]);
  });

  it("names a child after its parent's execution and its own task id, unless it was given an id", () => {
    const child = (instanceId?: string): Action => ({
      actionType: ActionType.CallSubOrchestrator,
      functionName: 'S',
      ...(instanceId ? { instanceId } : {}),
    });
    const { events } = map(new Ledger(), activity('A'), child(), child('mine'));
    expect(events.slice(1).map((one) => one['InstanceId'])).toEqual(['execution:1', 'mine']);
  });

  it('notices in any later turn that a timer has been cancelled', () => {
    const ledger = new Ledger();
    map(ledger, timer(NOW + 1), timer(NOW + 2));
    const { canceledTimers } = map(ledger, timer(NOW + 1), timer(NOW + 2, true));
    expect(canceledTimers).toEqual([1]);
    expect([...ledger.open.keys()]).toEqual([0]);
  });

  it('rebuilds the same ledger from the history', () => {
    const ledger = new Ledger();
    const { events } = map(ledger, all(activity('A'), timer(NOW + 1), retried('B', 2)), wait('x'));
    const closing = event(EventType.OrchestratorCompleted, NOW, {
      $leaves: ledger.leavesMapped,
      $nextId: ledger.nextId,
    });
    const stored = JSON.parse(JSON.stringify([...events, closing])) as HistoryEvent[];
    expect(Ledger.from(stored)).toEqual(ledger);
  });

  it('fails an orchestration whose earlier actions have changed, however many tasks are open', () => {
    const changes: [Action[], RegExp][] = [
      [
        [activity('B')],
        /scheduled an activity task with sequence ID 0 and name 'A', .* CallActivity action named 'B'/,
      ],
      [[wait('x')], /instead produced a WaitForExternalEvent action/],
      [[], /hasn't \(yet\?\) scheduled this task/],
    ];
    for (const [actions, message] of changes) {
      const ledger = new Ledger();
      map(ledger, activity('A'));
      const { completion } = decide('O', outcome(...actions), mapping(ledger));
      expect(completion).toMatchObject({
        status: 'Failed',
        output: expect.stringMatching(message) as string,
      });
    }
  });

  it('fails the orchestration for an action this host does not have', () => {
    const { completion } = decide('O', outcome({ actionType: 99 }), mapping(new Ledger()));
    expect(completion).toMatchObject({
      status: 'Failed',
      output: expect.stringContaining('action type 99') as string,
    });
  });
});

describe('deciding what a run means', () => {
  const done: OrchestratorOutcome = { isDone: true, actions: [[]], output: { a: 1 } };

  it('completes only when no task is open', () => {
    const ledger = new Ledger();
    map(ledger, timer(NOW + 1));
    expect(decide('O', { ...done, actions: [[timer(NOW + 1)]] }, mapping(ledger)).completion).toBeUndefined();
    expect(decide('O', { ...done, actions: [[timer(NOW + 1, true)]] }, mapping(ledger)).completion).toEqual({
      status: 'Completed',
      output: '{"a":1}',
      details: '',
    });
  });

  it('continues as new with the input encoded once more', () => {
    const { continueAsNew } = decide(
      'O',
      { isDone: true, actions: [[wait('x'), { actionType: ActionType.ContinueAsNew, input: '"text"' }]] },
      mapping(new Ledger()),
    );
    expect(continueAsNew).toEqual({ input: '"\\"text\\""', awaited: ['x'] });
  });

  it("finds the outcome in the library's error, and none in another", () => {
    const error = new Error('false\n\n$OutOfProcData$:{"isDone":false,"actions":[[]],"error":"why"}');
    expect(outcomeOf(error)?.error).toBe('why');
    expect(outcomeOf(new Error('other'))).toBeUndefined();
    expect(outcomeOf(new Error('$OutOfProcData$:{'))).toBeUndefined();
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventType } from '../../host/durable/history';
import { replay, type RecordedHistory } from './replay';

const folder = join(__dirname, 'histories');
const files = readdirSync(folder);
const load = (file: string): RecordedHistory =>
  JSON.parse(readFileSync(join(folder, file), 'utf8')) as RecordedHistory;
const longest = (
  orchestrator: string,
  isWanted: (history: RecordedHistory) => boolean = () => true,
): RecordedHistory =>
  files
    .map(load)
    .filter((history) => history.orchestrator === orchestrator && isWanted(history))
    .sort((a, b) => b.history.length - a.history.length)[0]!;
/** The first round of a job whose submission sends its tasks. */
const isFirstRound = ({ input }: RecordedHistory): boolean => input?.includes('"isSent":true') ?? false;
const withOtherResult = (history: RecordedHistory): RecordedHistory => {
  const completed = history.history.find((event) => event.EventType === EventType.TaskCompleted)!;
  completed['Result'] = JSON.stringify({ something: 'else' });
  return history;
};

test('histories of every orchestrator are recorded', () => {
  const names = new Set(files.map((file) => load(file).orchestrator));
  expect([...names].sort()).toEqual([
    'jobOrchestrator',
    'scaleSetOrchestrator',
    'virtualMachineOrchestrator',
  ]);
});

test.each(files)('%s replays on the orchestrator of today', async (file) => {
  await expect(replay(load(file))).resolves.toBeUndefined();
});

describe.each(['jobOrchestrator', 'scaleSetOrchestrator', 'virtualMachineOrchestrator'])(
  'a tampered history of %s fails',
  (name) => {
    const scheduled = (history: RecordedHistory): number =>
      history.history.findIndex((event) => event.EventType === EventType.TaskScheduled);

    test('when an activity bears another name', async () => {
      const history = longest(name);
      history.history[scheduled(history)]!['Name'] = 'anotherActivity';
      await expect(replay(history)).rejects.toThrow('Not deterministic at request');
    });

    test('when it asks for a timer where the orchestrator asks for an activity', async () => {
      const history = longest(name);
      history.history[scheduled(history)]!.EventType = EventType.TimerCreated;
      await expect(replay(history)).rejects.toThrow('Not deterministic at request');
    });

    test('when an activity came to something of another shape', async () => {
      const history = withOtherResult(longest(name, (one) => !isFirstRound(one)));
      await expect(replay(history)).rejects.toThrow('fails on its own history');
    });

    test('when it asks for more than the orchestrator does', async () => {
      const history = longest(name);
      const extra = { ...history.history[scheduled(history)]!, EventId: 999 };
      history.history.push(extra);
      await expect(replay(history)).rejects.toThrow('Not deterministic');
    });
  },
);

test('a tampered history of a first round does not fail its job, which nobody else knows of yet, but is told from what was recorded', async () => {
  const history = withOtherResult(longest('jobOrchestrator', isFirstRound));
  await expect(replay(history)).rejects.toThrow('Not deterministic at request');
});

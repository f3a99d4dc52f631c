import { messageOf } from '../../host/functions/problems';
import { silenceSqliteWarning } from '../../host/warnings';
import type { LineId, Sample } from './lines';
import { DbosSubject, type DbosOptions } from './dbos/subject';
import { MusterSubject } from './muster/subject';
import { Stopwatch } from './stopwatch';
import type { Subject } from './subject';

/** What to measure, as the first argument of this program, in JSON. */
export type ContestantOptions = { side: 'muster'; stateDirectory: string } | ({ side: 'dbos' } & DbosOptions);

export type Question =
  | { ask: 'start' }
  | { ask: 'settings' }
  | { ask: 'measure'; line: LineId; size: number }
  | { ask: 'prepare-replay'; size: number }
  | { ask: 'stop' };

export type Answer = { result: Sample | Record<string, string> | null } | { problem: string };

/** One side of the comparison, in a process of its own: answers one question at a time. */
function main(): void {
  silenceSqliteWarning();
  const options = JSON.parse(process.argv[2] ?? '') as ContestantOptions;
  const subject: Subject =
    options.side === 'muster' ? new MusterSubject(options.stateDirectory) : new DbosSubject(options);
  const stopwatch = new Stopwatch(subject);
  const send = (answer: Answer): void => void process.send?.(answer);
  process.on('message', (question: Question) => {
    answer(question, subject, stopwatch).then(
      (result) => send({ result }),
      (error: unknown) => send({ problem: messageOf(error) }),
    );
  });
  // The one who asks is gone, or has told to stop.
  process.on('disconnect', () => process.exit(0));
}

async function answer(
  question: Question,
  subject: Subject,
  stopwatch: Stopwatch,
): Promise<Sample | Record<string, string> | null> {
  switch (question.ask) {
    case 'start':
      await subject.start();
      return null;
    case 'settings':
      return subject.settings();
    case 'measure':
      return stopwatch.measure(question.line, question.size);
    case 'prepare-replay':
      await stopwatch.prepareReplay(question.size);
      return null;
    case 'stop':
      await subject.stop();
      return null;
  }
}

main();

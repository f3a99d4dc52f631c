import { createInterface, type Interface } from 'node:readline';
import type { Terminal } from '../terminal';
import type { Console } from './console';

export type OnInterrupt = 'ask' | 'cancel' | 'detach';
type Answer = 'cancel' | 'detach' | 'go-on';

interface Reactions {
  /** What Ctrl-C means; `ask` asks on the terminal. */
  onInterrupt: OnInterrupt;
  cancel(): void;
  /** The job is left alone. `signal`: which one said so. */
  detach(signal: Interrupt): void;
}

const question = 'The job goes on. [c]ancel it, [d]etach from it, or Enter to stay? ';

/** Where no person is at the terminal there is nobody to ask, and what runs is worth more than what was pressed. */
export function defaultOnInterrupt({ stdin, stderr }: Terminal): OnInterrupt {
  return stdin.isTTY && stderr.isTTY ? 'ask' : 'detach';
}

type Interrupt = 'SIGINT' | 'SIGTERM';
const signals: readonly Interrupt[] = ['SIGINT', 'SIGTERM'];

/** Signals while it is not known yet whether there is a job: the first waits for that, the second gives it up (`signal`). */
export interface EarlyInterrupts {
  signal: AbortSignal;
  /** Ends this; the signal that came, where one did. */
  take(): Interrupt | undefined;
}

export function holdInterrupts(): EarlyInterrupts {
  const givenUp = new AbortController();
  let first: Interrupt | undefined;
  const hold = (signal: Interrupt): void => {
    if (first) givenUp.abort();
    else first = signal;
  };
  for (const signal of signals) process.on(signal, hold);
  const take = (): Interrupt | undefined => {
    for (const signal of signals) process.off(signal, hold);
    return first;
  };
  return { signal: givenUp.signal, take };
}

export interface Interrupts {
  /** As if the signal came now. */
  react(signal: Interrupt): void;
  /** Takes the handlers off again, and a question that stands there. */
  end(): void;
}

/**
 * What Ctrl-C does while a job runs. The second one, whatever the first has led to, detaches at once; SIGTERM always does.
 */
export function onInterrupts(terminal: Terminal, output: Console, reactions: Reactions): Interrupts {
  let interrupts = 0;
  let asking: Question | undefined;
  const react = (signal: Interrupt): void => {
    // Its output may be held back by the question.
    asking?.withdraw();
    if (signal === 'SIGTERM') return reactions.detach(signal);
    interrupts++;
    if (interrupts > 1 || reactions.onInterrupt === 'detach') return reactions.detach('SIGINT');
    if (reactions.onInterrupt === 'cancel') return reactions.cancel();
    asking = ask(terminal, output, (answer) => {
      if (answer === 'cancel') reactions.cancel();
      else if (answer === 'detach') reactions.detach('SIGINT');
      else interrupts = 0;
    });
  };
  for (const signal of signals) process.on(signal, react);
  const end = (): void => {
    for (const signal of signals) process.off(signal, react);
    asking?.withdraw();
  };
  return { react, end };
}

interface Question {
  withdraw(): void;
}

/** In the terminal's own line mode, so that Ctrl-C remains a signal. */
function ask({ stdin, stderr }: Terminal, output: Console, answered: (answer: Answer) => void): Question {
  const release = output.hold();
  stderr.write(`\n${question}`);
  const lines: Interface = createInterface({ input: stdin, terminal: false });
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    lines.close();
    stdin.unref?.();
    release();
  };
  const answer = (given: Answer): void => {
    if (!isOpen) return;
    close();
    answered(given);
  };
  lines.once('line', (line) => answer(answerOf(line)));
  // Nobody is there any more.
  lines.once('close', () => answer('detach'));
  return {
    withdraw: () => {
      if (isOpen) stderr.write('\n');
      close();
    },
  };
}

function answerOf(line: string): Answer {
  const word = line.trim().toLowerCase();
  if (word !== '' && 'cancel'.startsWith(word)) return 'cancel';
  return word !== '' && 'detach'.startsWith(word) ? 'detach' : 'go-on';
}

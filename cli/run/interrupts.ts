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
  detach(signal: 'SIGINT' | 'SIGTERM'): void;
}

const question = 'The job goes on. [c]ancel it, [d]etach from it, or Enter to stay? ';

/** Where no person is at the terminal there is nobody to ask, and what runs is worth more than what was pressed. */
export function defaultOnInterrupt({ stdin, stderr }: Terminal): OnInterrupt {
  return stdin.isTTY && stderr.isTTY ? 'ask' : 'detach';
}

/** Ctrl-C while it is not known yet whether there is a job: the first waits for that, the second gives it up (`signal`). */
export interface EarlyInterrupts {
  signal: AbortSignal;
  /** Ends this; true where there was one. */
  take(): boolean;
}

export function holdInterrupts(): EarlyInterrupts {
  const givenUp = new AbortController();
  let interrupts = 0;
  const interrupt = (): void => {
    interrupts++;
    if (interrupts > 1) givenUp.abort();
  };
  process.on('SIGINT', interrupt);
  const take = (): boolean => {
    process.off('SIGINT', interrupt);
    return interrupts > 0;
  };
  return { signal: givenUp.signal, take };
}

export interface Interrupts {
  /** As if Ctrl-C had been pressed. */
  interrupt(): void;
  /** Takes the handlers off again, and a question that stands there. */
  end(): void;
}

/**
 * What Ctrl-C does while a job runs. The second one, whatever the first has led to, detaches at once; SIGTERM always does.
 */
export function onInterrupts(terminal: Terminal, output: Console, reactions: Reactions): Interrupts {
  let interrupts = 0;
  let asking: Question | undefined;
  const interrupt = (): void => {
    interrupts++;
    if (interrupts > 1 || reactions.onInterrupt === 'detach') return reactions.detach('SIGINT');
    if (reactions.onInterrupt === 'cancel') return reactions.cancel();
    asking = ask(terminal, output, (answer) => {
      if (answer === 'cancel') reactions.cancel();
      else if (answer === 'detach') reactions.detach('SIGINT');
      else interrupts = 0;
    });
  };
  const terminate = (): void => reactions.detach('SIGTERM');
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', terminate);
  const end = (): void => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', terminate);
    asking?.withdraw();
  };
  return { interrupt, end };
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
  lines.once('line', (line) => {
    close();
    answered(answerOf(line));
  });
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

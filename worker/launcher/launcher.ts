import { fork, type ChildProcess } from 'node:child_process';
import type { LaunchEvent, LaunchOrder } from './protocol';

export interface Exit {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

/** A program that the launcher has started. */
export interface StartedProgram {
  pid: number;
  /** Rejects where the launcher was lost. */
  exit: Promise<Exit>;
}

export type LaunchAnswer = { kind: 'started'; program: StartedProgram } | { kind: 'refused'; code: string };

interface Open {
  answer: (answer: LaunchAnswer) => void;
  exit: (exit: Exit) => void;
  exited: Promise<Exit>;
  fail: (error: Error) => void;
}

/** The agent's side: starts the launcher with the first order, and again should it be lost. */
export class Launcher {
  readonly #program: string;
  readonly #open = new Map<number, Open>();
  #process: ChildProcess | undefined;
  #orders = 0;

  /** `program`: what runs the launcher when it is called with `launch`. */
  constructor(program: string) {
    this.#program = program;
  }

  /** Rejects where the launcher is lost before it has answered. */
  start(order: Omit<LaunchOrder, 'id'>): Promise<LaunchAnswer> {
    const id = this.#orders++;
    return new Promise((resolve, reject) => {
      let exit: Open['exit'] = () => undefined;
      let fail: Open['fail'] = () => undefined;
      const exited = new Promise<Exit>((fulfil, refuse) => {
        exit = fulfil;
        fail = refuse;
      });
      exited.catch(() => undefined);
      const failBoth = (error: Error): void => {
        reject(error);
        fail(error);
      };
      this.#open.set(id, { answer: resolve, exit, exited, fail: failBoth });
      this.#running().send({ id, ...order }, (error) => error && this.#lose(error));
    });
  }

  #running(): ChildProcess {
    if (this.#process) return this.#process;
    const launcher = fork(this.#program, ['launch'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    launcher.on('message', (event) => this.#hear(event as LaunchEvent));
    launcher.on('error', (error) => this.#lose(error));
    launcher.on('exit', () => this.#lose(new Error('the launcher of tasks has ended')));
    // It does not keep the agent from ending.
    launcher.unref();
    launcher.channel?.unref();
    this.#process = launcher;
    return launcher;
  }

  #hear(event: LaunchEvent): void {
    const open = this.#open.get(event.id);
    if (!open) return;
    if (event.event === 'started')
      return open.answer({ kind: 'started', program: { pid: event.pid, exit: open.exited } });
    this.#open.delete(event.id);
    if (event.event === 'refused') open.answer({ kind: 'refused', code: event.code });
    else open.exit(event);
  }

  #lose(error: Error): void {
    this.#process?.removeAllListeners();
    this.#process?.kill('SIGKILL');
    this.#process = undefined;
    const lost = [...this.#open.values()];
    this.#open.clear();
    for (const { fail } of lost) fail(error);
  }
}

import { constants } from 'node:os';
import type { GangLaunchEnd } from '../../shared/contracts/gangs';
import type { Environment } from '../task/environment';
import type { TaskFolder } from '../task/folder';
import type { Identity } from '../task/identity';
import { launch, type Exit, type TaskProcess } from '../task/launch';
import { OutputPump } from '../task/output-pump';
import { killStrays, signalGroup, terminateGroup } from '../task/process-group';
import { Tail } from './tail';

export interface LaunchPlace {
  attemptId: string;
  folder: TaskFolder;
  workingFolder: string;
  environment: Environment;
  identity: Identity | undefined;
}

/** Of what a command says so much is told to the head. */
const tailBytes = 16 * 1024;

/** What the head had a member run: each command in a shell, in the task's folder, as the task's user. */
export class Launches {
  readonly #running = new Set<TaskProcess>();
  readonly #done: Promise<void>[] = [];

  /** `onEnd` hears how each ended. */
  constructor(
    readonly place: LaunchPlace,
    readonly onEnd: (end: GangLaunchEnd) => void,
  ) {}

  /** Resolves when it runs, or could not be started. */
  async start(launchNumber: number, command: string): Promise<void> {
    const { folder, workingFolder, environment, identity } = this.place;
    const shell = { program: '/bin/sh', programPath: '/bin/sh', arguments: ['-c', command] };
    const launched = await launch({ ...shell, workingFolder, environment, identity }, folder);
    if (launched.kind === 'failed')
      return this.onEnd({ launch: launchNumber, exitCode: 127, output: `muster: ${launched.message}\n` });
    this.#running.add(launched.process);
    this.#done.push(this.#follow(launchNumber, launched.process));
  }

  /** When it returns, no process of the task is left on this VM. */
  async end(graceMs: number, hurry: AbortSignal): Promise<void> {
    const stopped = [...this.#running].map((process) => {
      const ended = new AbortController();
      void process.exit.catch(() => undefined).then(() => ended.abort());
      return terminateGroup(process.groupId, { graceMs, ended: ended.signal, hurry });
    });
    await Promise.all(stopped);
    killStrays(this.place.attemptId);
    await Promise.all(this.#done);
  }

  async #follow(launchNumber: number, process: TaskProcess): Promise<void> {
    const tail = new Tail(tailBytes);
    const pumps = [new OutputPump(process.stdout, tail), new OutputPump(process.stderr, tail)];
    const exit = await process.exit.catch((): Exit => ({ exitCode: 255, signal: null }));
    signalGroup(process.groupId, 'SIGKILL');
    // It is but the end of what was said: the command has ended without it.
    await Promise.all(pumps.map((pump) => pump.drain().catch(() => undefined)));
    this.#running.delete(process);
    this.onEnd({ launch: launchNumber, exitCode: codeOf(exit), output: tail.text });
  }
}

/** As a shell has it. */
export function codeOf({ exitCode, signal }: Exit): number {
  return exitCode ?? 128 + (signal ? constants.signals[signal] : 0);
}

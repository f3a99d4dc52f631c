import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { ENTER_ROOT } from './boot-scripts';
import type { Isolation } from './isolation';
import { type MachineFolder, rootFolderOf } from './root-file-system';

/** The words process 1 says on descriptor 3. */
type Word = 'running' | 'boot-finished';

export interface MachineProcess {
  /** True once cloud-init's commands have all ended. */
  bootFinished(): boolean;
  /** Settles when no process of the VM is left, whatever ended it. */
  readonly ended: Promise<void>;
  /** SIGKILL to process 1: the kernel kills every process of its namespace with it, daemons too. */
  kill(): Promise<void>;
}

export interface StartOptions {
  files: MachineFolder;
  isolation: Isolation;
  environment: Record<string, string>;
}

/** Starts process 1 and resolves when it runs inside the VM's root. */
export async function startMachineProcess({
  files,
  isolation,
  environment,
}: StartOptions): Promise<MachineProcess> {
  const consoleFile = await open(files.console, 'a', 0o600);
  try {
    const [file = '', ...args] = isolation.command;
    const enter = ['/bin/sh', '-c', ENTER_ROOT, 'init', files.fstab, rootFolderOf(files), files.seed];
    const child = spawn(file, [...args, ...enter], {
      cwd: '/',
      detached: true,
      env: environment,
      stdio: ['ignore', consoleFile.fd, consoleFile.fd, 'pipe', 'pipe'],
    });
    return await waitUntilRunning(new NamespaceInit(child), files);
  } finally {
    await consoleFile.close();
  }
}

async function waitUntilRunning(init: NamespaceInit, files: MachineFolder): Promise<MachineProcess> {
  const running = await Promise.race([init.running.then(() => true), init.ended.then(() => false)]);
  if (running) return init;
  const log = await open(files.console).then(async (file) => {
    const text = await file.readFile('utf8');
    await file.close();
    return text;
  });
  throw new Error(
    `The VM's process 1 ended before it ran: ${init.failure ?? log.trim().split('\n').slice(-3).join('; ')}`,
  );
}

class NamespaceInit implements MachineProcess {
  readonly running: Promise<void>;
  readonly ended: Promise<void>;
  failure: string | undefined;
  /** Process 1's id outside its namespace. */
  private pid: number | undefined;
  private hasEnded = false;
  private hasFinishedBoot = false;
  private markRunning: () => void = () => undefined;

  constructor(private readonly child: ChildProcess) {
    this.running = new Promise((resolve) => (this.markRunning = resolve));
    // unshare ends only after process 1 was reaped, and the kernel lets that happen only when its namespace is empty.
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.hasEnded = true;
        resolve();
      };
      child.once('exit', end);
      child.once('error', (error) => {
        this.failure = error.message;
        end();
      });
    });
    this.listen();
  }

  bootFinished(): boolean {
    return this.hasFinishedBoot;
  }

  async kill(): Promise<void> {
    if (this.hasEnded) return;
    // Before it has told its id, process 1 waits for our answer and dies with unshare.
    const pid = this.pid ?? this.child.pid;
    try {
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    await this.ended;
  }

  private listen(): void {
    const [, , , words, answers] = this.child.stdio as unknown as Duplex[];
    // A VM that dies mid-sentence resets these sockets; `ended` tells.
    for (const stream of [words, answers]) stream?.on('error', () => undefined);
    if (!words || !answers) return;
    createInterface({ input: words }).on('line', (line) => {
      const [word, value] = line.split(' ');
      if (word === 'started') {
        this.pid = Number(value);
        answers.end('go\n');
      } else this.hear(word as Word);
    });
    void once(this.child, 'exit').then(
      () => [words, answers].forEach((stream) => stream.destroy()),
      () => undefined,
    );
  }

  private hear(word: Word): void {
    if (word === 'running') this.markRunning();
    else if (word === 'boot-finished') this.hasFinishedBoot = true;
  }
}

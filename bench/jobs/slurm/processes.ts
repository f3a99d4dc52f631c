import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

export interface Daemon {
  program: string;
  arguments: string[];
  environment: Record<string, string>;
  logFile: string;
}

const stopLimitMs = 10_000;

export function startDaemon(daemon: Daemon): ChildProcess {
  const output = openSync(daemon.logFile, 'a');
  try {
    return spawn(daemon.program, daemon.arguments, {
      stdio: ['ignore', output, output],
      env: daemon.environment,
    });
  } finally {
    closeSync(output);
  }
}

export function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

export async function endDaemon(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  await gone;
  clearTimeout(late);
}

/**
 * The processes whose environment has this entry. slurmd lets go of what it starts (a job's processes become children of init's),
 * but the environment is handed down to all of them.
 */
export function processesWith(entry: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(entry))
    .map(Number);
}

/** Nothing, where the process has ended or is another user's. */
function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Kills them, and what they start meanwhile. */
export function killProcessesWith(entry: string): void {
  for (let found = processesWith(entry); found.length > 0; found = processesWith(entry))
    for (const pid of found) kill(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

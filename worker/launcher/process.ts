import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import type { LaunchEvent, LaunchOrder } from './protocol';

/**
 * The agent's launcher: starts programs and tells of their ends. A process of its own, because starting one copies the page tables of
 * whoever starts it: in the agent, with the storage SDK in its memory, that takes several times as long, and holds up everything else.
 */
export function runLauncher(): void {
  process.on('message', (order) => start(order as LaunchOrder));
  // The agent is gone; what still runs is ended by the next one.
  process.on('disconnect', () => process.exit(0));
  // They are the agent's to obey: it needs its launcher until the last task has ended.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);
}

function start(order: LaunchOrder): void {
  const { id } = order;
  const refuse = (error: unknown): void => {
    tell({ id, event: 'refused', code: (error as { code?: string }).code ?? String(error) });
  };
  let child: ChildProcess;
  try {
    child = spawnProgram(order);
  } catch (error) {
    return refuse(error);
  }
  child.once('spawn', () => tell({ id, event: 'started', pid: child.pid! }));
  child.once('error', refuse);
  child.once('exit', (exitCode, signal) => {
    if (child.pid !== undefined) tell({ id, event: 'exited', exitCode, signal });
  });
}

function spawnProgram(order: LaunchOrder): ChildProcess {
  const stdout = openToWrite(order.stdout);
  const stderr = openToWrite(order.stderr);
  try {
    return spawn(order.programPath, order.arguments, {
      argv0: order.argv0,
      cwd: order.workingFolder,
      env: order.environment,
      detached: true,
      stdio: ['ignore', stdout, stderr],
      ...order.user,
    });
  } finally {
    closeSync(stdout);
    closeSync(stderr);
  }
}

/** Opening a pipe that nobody reads waits for a reader: should the agent have been killed, for ever. So there is one, for this moment. */
function openToWrite(pipe: string): number {
  const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    return openSync(pipe, constants.O_WRONLY);
  } finally {
    closeSync(reader);
  }
}

function tell(event: LaunchEvent): void {
  process.send?.(event);
}

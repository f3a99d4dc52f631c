import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';

/** One process of the local stack. It is its own process group: it outlives the terminal that started it. */
export interface Component {
  name: string;
  arguments: string[];
  environment?: Record<string, string>;
  /** True once it answers; asked until then. */
  isReady(log: string): Promise<boolean>;
}

export interface RunningComponent {
  name: string;
  pid: number;
  logFile: string;
  /** Whether an earlier start of the stack had left it running. */
  isAdopted: boolean;
}

const startLimitMs = 60_000;

const pidFile = (stateFolder: string, name: string): string => join(stateFolder, `${name}.pid`);
const logFileOf = (stateFolder: string, name: string): string => join(stateFolder, `${name}.log`);

/** Starts a component, or adopts the one that still runs on this state folder. Rejects with the end of its log. */
export async function startComponent(stateFolder: string, component: Component): Promise<RunningComponent> {
  const logFile = logFileOf(stateFolder, component.name);
  const adopted = runningPid(stateFolder, component.name);
  // One that was killed a moment ago may still count as running: then it never gets ready, and a new one is launched.
  if (adopted !== undefined && (await becomesReady(adopted, component, logFile))) {
    return { name: component.name, pid: adopted, logFile, isAdopted: true };
  }
  const pid = launch(stateFolder, component);
  if (await becomesReady(pid, component, logFile))
    return { name: component.name, pid, logFile, isAdopted: false };
  const tail = readLog(logFile).split('\n').slice(-20).join('\n');
  await stopComponent(stateFolder, component.name);
  throw new Error(`${component.name} did not start. The end of ${logFile}:\n${tail}`);
}

/** False where the process ends, or has not got ready within the limit. */
async function becomesReady(pid: number, component: Component, logFile: string): Promise<boolean> {
  const deadline = Date.now() + startLimitMs;
  while (isAlive(pid) && Date.now() < deadline) {
    if ((await component.isReady(readLog(logFile))) && isAlive(pid)) return true;
    await delay(50);
  }
  return false;
}

function launch(stateFolder: string, component: Component): number {
  const log = openSync(logFileOf(stateFolder, component.name), 'w', 0o600);
  const child = spawn(process.execPath, component.arguments, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...component.environment },
  });
  closeSync(log);
  child.unref();
  if (child.pid === undefined) throw new Error(`${component.name} could not be started.`);
  writeFileSync(
    pidFile(stateFolder, component.name),
    JSON.stringify({ pid: child.pid, startedAt: startTime(child.pid) }),
    {
      mode: 0o600,
    },
  );
  return child.pid;
}

/** The pid in the folder, where that very process (not a later one under the same number) still runs. */
export function runningPid(stateFolder: string, name: string): number | undefined {
  const file = pidFile(stateFolder, name);
  if (!existsSync(file)) return undefined;
  const { pid, startedAt } = JSON.parse(readFileSync(file, 'utf8')) as {
    pid: number;
    startedAt: string | null;
  };
  return isAlive(pid) && startTime(pid) === startedAt ? pid : undefined;
}

/** Asks a component to end (SIGTERM), and makes it (SIGKILL) where it does not within the limit. */
export async function stopComponent(stateFolder: string, name: string, limitMs = 15_000): Promise<void> {
  const pid = runningPid(stateFolder, name);
  if (pid !== undefined) {
    process.kill(pid, 'SIGTERM');
    const deadline = Date.now() + limitMs;
    while (isAlive(pid) && Date.now() < deadline) await delay(20);
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  }
  rmSync(pidFile(stateFolder, name), { force: true });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A process that ended and was not waited for still has its number.
  return processState(pid) !== 'Z';
}

function processState(pid: number): string | undefined {
  return statFields(pid)?.[0];
}

/** Field 22 of /proc/PID/stat: when the process started, in ticks since boot. */
function startTime(pid: number): string | null {
  return statFields(pid)?.[19] ?? null;
}

function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function readLog(file: string): string {
  return existsSync(file) && statSync(file).size > 0 ? readFileSync(file, 'utf8') : '';
}

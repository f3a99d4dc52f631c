import { readdirSync, readFileSync } from 'node:fs';
import { sleep } from '../backoff';
import { attemptVariable } from './environment';

/** A signal to every process of the group; false when there is none. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-groupId, signal);
    return true;
  } catch {
    return false;
  }
}

/** SIGTERM, a while to obey it (none once `hurry` is aborted), SIGKILL. Ends early once the task has ended. */
export async function terminateGroup(
  groupId: number,
  { graceMs, ended, hurry }: { graceMs: number; ended: AbortSignal; hurry: AbortSignal },
): Promise<void> {
  signalGroup(groupId, 'SIGTERM');
  await sleep(graceMs, ended, hurry);
  if (!ended.aborted) signalGroup(groupId, 'SIGKILL');
}

/** Ids of all processes that are there now. */
export function processesNow(): ReadonlySet<string> {
  return new Set(readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)));
}

/** Processes whose environment bears this attempt's id: also those that left the group with setsid. Those in `before` are older. */
function strays(attemptId: string, before: ReadonlySet<string>): number[] {
  const wanted = `${attemptVariable}=${attemptId}`;
  const found: number[] = [];
  for (const entry of processesNow()) {
    if (before.has(entry) || Number(entry) === process.pid) continue;
    try {
      if (readFileSync(`/proc/${entry}/environ`, 'latin1').split('\0').includes(wanted))
        found.push(Number(entry));
    } catch {
      // gone meanwhile, or another user's
    }
  }
  return found;
}

/** More than one look, because a process may fork between the look and the kill. */
const looks = 5;

/** Kills what an attempt has left behind, outside its process group too. `before`: the processes from before its start, which need no look. */
export function killStrays(attemptId: string, before: ReadonlySet<string> = new Set()): number {
  let killed = 0;
  for (let look = 0; look < looks; look++) {
    const found = strays(attemptId, before);
    if (found.length === 0) break;
    for (const pid of found) {
      try {
        process.kill(pid, 'SIGKILL');
        killed++;
      } catch {
        // gone meanwhile
      }
    }
  }
  return killed;
}

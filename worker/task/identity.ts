import { readFileSync } from 'node:fs';
import { ConfigError } from '../config';
import type { Log } from '../log';

/** Whom tasks run as, when it is not the agent's own user. */
export interface Identity {
  user: string;
  uid: number;
  gid: number;
}

export function findUser(passwd: string, user: string): Identity | undefined {
  for (const line of passwd.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name === user && uid && gid) return { user, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/**
 * Root of a user namespace that maps one id is an ordinary user's process and has no other user to become
 * (a simulated VM started without privileges). A real machine maps all ids.
 */
export function mapsOneId(uidMap: string): boolean {
  return /^\s*0\s+\d+\s+1\s*$/.test(uidMap);
}

function isLoneNamespaceRoot(): boolean {
  try {
    return mapsOneId(readFileSync('/proc/self/uid_map', 'utf8'));
  } catch {
    return false;
  }
}

/** Undefined: the agent is not root, and tasks run as its own user. Tasks never run as root: then it refuses to start. */
export function taskIdentity(taskUser: string | undefined, log: Log): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined;
  if (isLoneNamespaceRoot()) {
    log('warning', 'tasks-run-as-the-agents-user', { reason: 'this user namespace has no other user' });
    return undefined;
  }
  if (taskUser === undefined) throw new ConfigError('taskUser is missing, and tasks are not run as root');
  const identity = findUser(readFileSync('/etc/passwd', 'utf8'), taskUser);
  if (!identity) throw new ConfigError(`the task user ${taskUser} is not in /etc/passwd`);
  if (identity.uid === 0)
    throw new ConfigError(`the task user ${taskUser} is root, and tasks are not run as root`);
  return identity;
}

import { statSync, type Stats } from 'node:fs';
import path from 'node:path';
import type { TaskEnd } from '../../shared/contracts/work-messages';
import type { Environment } from './environment';
import type { Identity } from './identity';

/** Why a task could not be started, in words for its user. */
export interface LaunchFailure {
  end: TaskEnd;
  message: string;
}

export type Located = { kind: 'found'; path: string } | ({ kind: 'failed' } & LaunchFailure);

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}

/** The task has its user's one group and no supplementary ones: libuv drops them when it changes the user. */
function mayExecute(stats: Stats, identity: Identity | undefined): boolean {
  const uid = identity?.uid ?? process.getuid?.() ?? 0;
  const gid = identity?.gid ?? process.getgid?.() ?? 0;
  if (uid === 0) return (stats.mode & 0o111) !== 0;
  if (stats.uid === uid) return (stats.mode & 0o100) !== 0;
  return (stats.mode & (stats.gid === gid ? 0o010 : 0o001)) !== 0;
}

/** Every folder on the way must let the user through: a VM's data disk mounted 0700 would not. */
function closedFolderAbove(file: string, identity: Identity | undefined): string | undefined {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const stats = statOf(folder);
    if (stats && !mayExecute(stats, identity)) return folder;
    if (folder === path.dirname(folder)) return undefined;
  }
}

/** The rule of execvp: a name with "/" is a path from the working folder, any other is looked up on PATH. */
export function locateProgram(
  program: string,
  options: { workingFolder: string; environment: Environment; identity: Identity | undefined },
): Located {
  const { workingFolder, environment, identity } = options;
  const searched = environment.PATH ?? '';
  const candidates = program.includes('/')
    ? [path.resolve(workingFolder, program)]
    : searched.split(':').map((folder) => path.resolve(workingFolder, folder, program));
  let present = false;
  for (const candidate of candidates) {
    const stats = statOf(candidate);
    if (!stats) continue;
    const isReachable = closedFolderAbove(candidate, identity) === undefined;
    if (stats.isFile() && isReachable && mayExecute(stats, identity))
      return { kind: 'found', path: candidate };
    present = true;
  }
  if (present) {
    const message = `the program "${program}" is there but the task may not execute it`;
    return { kind: 'failed', end: 'program-not-executable', message };
  }
  const where = program.includes('/') ? '' : ` on PATH (${searched})`;
  return {
    kind: 'failed',
    end: 'program-missing',
    message: `the program "${program}" was not found${where}`,
  };
}

export function locateWorkingFolder(
  folder: string,
  identity: Identity | undefined,
): LaunchFailure | undefined {
  const end = 'working-directory-missing';
  const stats = statOf(folder);
  if (!stats) return { end, message: `the working directory "${folder}" does not exist` };
  if (!stats.isDirectory()) return { end, message: `the working directory "${folder}" is not a directory` };
  const closed = mayExecute(stats, identity) ? closedFolderAbove(folder, identity) : folder;
  if (closed === undefined) return undefined;
  const why = `"${closed}" may not be entered by the task's user`;
  return { end, message: `the working directory "${folder}" cannot be used: ${why}` };
}

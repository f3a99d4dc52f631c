import { readdirSync, readFileSync } from 'node:fs';

/** A process, told from a later one of its number by when it started. */
export interface ProcessName {
  pid: number;
  startedAt: string;
}

interface Listed extends ProcessName {
  parent: number;
}

function listProcesses(): Listed[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => statOf(Number(entry)) ?? []);
}

function statOf(pid: number): Listed | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : { pid, parent: Number(fields[1]), startedAt: fields[19]! };
  } catch {
    return undefined;
  }
}

/** Every process below this one, in the order in which they began. */
export function descendants(ancestor: number): ProcessName[] {
  const processes = listProcesses();
  const found: Listed[] = [];
  for (let parents = [ancestor]; parents.length > 0;) {
    const children = processes.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map(({ pid }) => pid);
  }
  return found.sort((a, b) => Number(a.startedAt) - Number(b.startedAt) || a.pid - b.pid);
}

export function isRunning({ pid, startedAt }: ProcessName): boolean {
  return statOf(pid)?.startedAt === startedAt;
}

/** The agents of the VMs that the simulated Azure runs. */
export function findAgents(simulatorPid: number): ProcessName[] {
  return descendants(simulatorPid).filter(({ pid }) => {
    const [, program, command] = argumentsOf(pid);
    return program?.endsWith('/agent.cjs') === true && command === 'run';
  });
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** False where it has gone meanwhile. */
export function signal(one: ProcessName, name: NodeJS.Signals): boolean {
  if (!isRunning(one)) return false;
  try {
    return process.kill(one.pid, name);
  } catch {
    return false;
  }
}

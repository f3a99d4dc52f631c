import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/stack/project-root';

const main = join(projectRoot(), 'dist', 'cli', 'main.js');

export interface Finished {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  stderr: Buffer;
}

export interface RunningMuster {
  child: ChildProcess;
  finished: Promise<Finished>;
  /** What it has written so far. */
  told(): string;
}

const started = new Set<ChildProcess>();

/** Ends what a test that failed has left running. */
export function endMusters(): void {
  for (const child of started) child.kill('SIGKILL');
  started.clear();
}

export interface Surroundings {
  environment?: Record<string, string>;
  input?: string;
  /** Runs it on a terminal of its own, where what is typed goes to `child.stdin` and stdout and stderr are one. */
  onTerminal?: boolean;
}

/** The command line as a real process, with nothing in its environment but what is said. */
export function startMuster(
  args: string[],
  { environment = {}, input, onTerminal = false }: Surroundings = {},
): RunningMuster {
  const line = [process.execPath, main, ...args];
  const [program, ...rest] = onTerminal
    ? ['script', '--quiet', '--return', '--command', `exec ${line.map(quoted).join(' ')}`, '/dev/null']
    : line;
  const child = spawn(program!, rest, {
    env: { PATH: process.env.PATH, HOME: '/nowhere', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  started.add(child);
  child.once('close', () => started.delete(child));
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => undefined);
  if (!onTerminal) child.stdin.end(input ?? '');
  const finished = once(child, 'close').then(([status, signal]): Finished => ({
    status: status as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr),
  }));
  return { child, finished, told: () => Buffer.concat([...stdout, ...stderr]).toString() };
}

export interface Muster {
  (...args: string[]): Promise<Finished>;
  start(args: string[], surroundings?: Surroundings): RunningMuster;
  /** Of a command that has to succeed: its one JSON document. */
  json<View>(...args: string[]): Promise<View>;
}

/** The command line, with a control plane in its environment. */
export function musterAt({ url, key }: { url: string; key: string }): Muster {
  const given = { MUSTER_URL: url, MUSTER_KEY: key };
  const start = (args: string[], { environment, ...others }: Surroundings = {}): RunningMuster =>
    startMuster(args, { environment: { ...given, ...environment }, ...others });
  const run = (...args: string[]): Promise<Finished> => start(args).finished;
  const json = async <View>(...args: string[]): Promise<View> => {
    const end = args.indexOf('--');
    const { status, stdout, stderr } = await run(
      ...args.toSpliced(end < 0 ? args.length : end, 0, '--output', 'json'),
    );
    if (status !== 0) throw new Error(`muster ${args.join(' ')}: ${status} ${stderr.toString()}`);
    return JSON.parse(stdout.toString()) as View;
  };
  return Object.assign(run, { start, json });
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

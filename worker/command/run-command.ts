import path from 'node:path';
import { commandOutputBlob, type OutputStream } from '../../shared/contracts/blob-names';
import type { Members } from '../../shared/contracts/worker-protocol';
import type { CommandState, WorkerCommand } from '../../shared/contracts/worker-command';
import { sleep, whenAborted } from '../backoff';
import { describeError } from '../log';
import { announceEviction } from '../task/eviction-file';
import { makeTaskFolder, removeTaskFolder, type TaskFolder } from '../task/folder';
import { launch, type Exit, type Launched, type TaskProcess } from '../task/launch';
import { openOutput, type Output } from '../task/output';
import { locateProgram, locateWorkingFolder } from '../task/program-path';
import { superviseTask } from '../task/supervise';
import type { WorkerContext } from '../worker-context';
import { commandEnvironment } from './command-environment';
import type { CommandStates } from './command-states';
import { writeMembers, type MemberList } from './members';
import { LineWatch, untilPortOpens } from './readiness';
import { decideRestart, isEarly } from './restart';

/** What a worker with a command has beside what every worker has. */
export interface CommandContext extends WorkerContext {
  readonly command: WorkerCommand;
  readonly states: CommandStates;
  readonly members: MemberList;
  /** Of the VM. */
  readonly address: string;
  readonly index: number;
  readonly slot: number;
}

interface Run {
  runId: string;
  restarts: number;
}

/** Runs the command for the worker's whole life, again and again as its policy says. Returns when the worker ends. */
export async function runCommandSlot(context: CommandContext): Promise<void> {
  const { lifecycle, removed, log, command, worker } = context;
  const ends = [lifecycle.draining, removed];
  let failures = 0;
  for (let restarts = 0; !ends.some((end) => end.aborted); restarts++) {
    const run = { runId: newRunId(restarts), restarts };
    const startedAt = Date.now();
    const exit = await runOnce(context, run).catch((error: unknown): Exit => {
      log('error', 'command-failed', describeError(error));
      return { exitCode: null, signal: null };
    });
    if (!exit || ends.some((end) => end.aborted)) return;
    const ranMs = Date.now() - startedAt;
    const step = decideRestart(command, { exit, ranMs, failures });
    failures = isEarly(ranMs) ? failures + 1 : 0;
    log('info', `command-${step.kind}`, { worker, message: step.message });
    const state = step.kind === 'ended' ? 'ended' : 'restarting';
    context.states.set(worker, { ...run, ...exit, state, message: step.message });
    // The worker is there until it is removed: the control plane decides that, and learns of the end by the lease.
    if (step.kind === 'ended') return aborted(ends);
    await sleep(step.afterMs, ...ends);
  }
}

async function aborted(ends: AbortSignal[]): Promise<void> {
  const waits = ends.map(whenAborted);
  await Promise.race(waits.map((wait) => wait.reached));
  for (const wait of waits) wait.forget();
}

/** Names a run's output; sorts by time, also over restarts of the agent. */
function newRunId(restarts: number): string {
  return `${new Date().toISOString().replace(/[-:.]/g, '')}-${restarts}`;
}

/** How the run ended; undefined where it was ended because its worker goes. */
async function runOnce(context: CommandContext, run: Run): Promise<Exit | undefined> {
  const { workFolder, identity, lifecycle, log, worker } = context;
  const members = await context.members.read();
  const blobOf = (stream: OutputStream, segment: number): string =>
    commandOutputBlob({ worker, runId: run.runId }, stream, segment);
  const output = await openOutput(context, blobOf);
  const folder = makeTaskFolder(workFolder, `${worker}-${run.runId}`, identity);
  const unannounce = announceEviction(folder, lifecycle, log);
  try {
    const launched = await start(context, { run, folder, members });
    if (launched.kind === 'failed') {
      await output.stderr.write(Buffer.from(`muster: ${launched.message}\n`));
      // As a shell has it.
      return { exitCode: 127, signal: null };
    }
    return await serve(context, { run, output, process: launched.process });
  } finally {
    unannounce();
    removeTaskFolder(folder.root, log);
    await Promise.all([output.stdout.finish(), output.stderr.finish()]);
  }
}

async function start(
  context: CommandContext,
  { run, folder, members }: { run: Run; folder: TaskFolder; members: Members },
): Promise<Launched> {
  const { command, identity } = context;
  const membersFile = path.join(folder.root, 'workers.json');
  writeMembers(membersFile, members);
  const environment = commandEnvironment(context, { folder, members, membersFile, runId: run.runId });
  const workingFolder = path.resolve(folder.work, command.workingDirectory ?? '.');
  const misplaced = locateWorkingFolder(workingFolder, identity);
  if (misplaced) return { kind: 'failed', ...misplaced };
  const located = locateProgram(command.program, { workingFolder, environment, identity });
  if (located.kind === 'failed') return located;
  const { program, arguments: rest } = command;
  return launch(
    { program, programPath: located.path, arguments: rest, workingFolder, environment, identity },
    folder,
  );
}

interface Served {
  run: Run;
  output: Output;
  process: TaskProcess;
}

/** From its start to its end, ready as soon as its readiness says so. */
async function serve(context: CommandContext, { run, output, process }: Served): Promise<Exit | undefined> {
  const { command, lifecycle, removed, states, worker } = context;
  const tell = (state: CommandState['state'], message: string): void =>
    states.set(worker, { ...run, state, message, exitCode: null, signal: null });
  const over = new AbortController();
  const unwanted = watchUnwanted({ lifecycle, removed });
  const ready = (): void => {
    if (!over.signal.aborted) tell('ready', 'It is ready.');
  };
  tell('starting', 'It runs and is not ready yet.');
  const stdout = watchReadiness(context, { output, ready, over: over.signal });
  const { exit, endedBy } = await superviseTask(process, {
    attemptId: run.runId,
    stdout,
    stderr: output.stderr,
    timeoutMs: undefined,
    killGraceMs: () => command.stopGraceMs,
    abandon: unwanted.signal,
    stopping: lifecycle.stopping,
  });
  over.abort();
  unwanted.forget();
  return endedBy === 'itself' ? exit : undefined;
}

/** Aborted when the command has to end: its worker was removed, the VM drains, or an eviction leaves no more time. */
function watchUnwanted({ lifecycle, removed }: Pick<CommandContext, 'lifecycle' | 'removed'>): {
  signal: AbortSignal;
  forget: () => void;
} {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  // An eviction drains at once, and leaves the command the rest of its notice.
  const onDraining = (): void => void (lifecycle.eviction === undefined && abort());
  const listeners: [AbortSignal, () => void][] = [
    [removed, abort],
    [lifecycle.terminating, abort],
    [lifecycle.stopping, abort],
    [lifecycle.draining, onDraining],
  ];
  for (const [signal, listener] of listeners) {
    if (signal.aborted) listener();
    signal.addEventListener('abort', listener, { once: true });
  }
  const forget = (): void => {
    for (const [signal, listener] of listeners) signal.removeEventListener('abort', listener);
  };
  return { signal: controller.signal, forget };
}

function watchReadiness(
  { command, address, slot }: CommandContext,
  { output, ready, over }: { output: Output; ready: () => void; over: AbortSignal },
): Output['stdout'] | LineWatch {
  const { readiness } = command;
  if (readiness && 'stdoutLine' in readiness)
    return new LineWatch(output.stdout, new RegExp(readiness.stdoutLine), ready);
  if (!readiness) ready();
  else {
    const place = { host: address || '127.0.0.1', port: readiness.port + slot };
    void untilPortOpens(place, over).then((isOpen) => isOpen && ready());
  }
  return output.stdout;
}

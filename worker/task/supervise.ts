import { sleep, whenAborted } from '../backoff';
import { crashPoint } from '../crash-point';
import type { Exit, TaskProcess } from './launch';
import { OutputPump } from './output-pump';
import type { OutputSink } from './output-stream';
import { killStrays, signalGroup, terminateGroup } from './process-group';

interface SuperviseOptions {
  attemptId: string;
  stdout: OutputSink;
  stderr: OutputSink;
  timeoutMs: number | undefined;
  /** Asked when it is needed. */
  killGraceMs: () => number;
  /** The attempt is no longer wanted: end the task, give it its grace. */
  abandon: AbortSignal;
  /** No time for grace. */
  stopping: AbortSignal;
}

export type Supervised = { kind: 'ended'; exit: Exit; isTimedOut: boolean } | { kind: 'abandoned' };

/** From start to the last byte of output. When it returns, no process of the task is left. */
export async function superviseTask(task: TaskProcess, options: SuperviseOptions): Promise<Supervised> {
  const pumps = [new OutputPump(task.stdout, options.stdout), new OutputPump(task.stderr, options.stderr)];
  const ended = new AbortController();
  const exited = task.exit.then((exit) => {
    ended.abort();
    return exit;
  });
  const why = await firstOf(options, ended.signal);
  if (why !== 'ended') {
    const { stopping: hurry } = options;
    await terminateGroup(task.groupId, { graceMs: options.killGraceMs(), ended: ended.signal, hurry });
  }
  const exit = await exited;
  crashPoint('task-ended');
  signalGroup(task.groupId, 'SIGKILL');
  killStrays(options.attemptId);
  await Promise.all(pumps.map((pump) => pump.drain()));
  return why === 'abandoned'
    ? { kind: 'abandoned' }
    : { kind: 'ended', exit, isTimedOut: why === 'timed-out' };
}

async function firstOf(
  { timeoutMs, abandon }: SuperviseOptions,
  ended: AbortSignal,
): Promise<'ended' | 'timed-out' | 'abandoned'> {
  if (timeoutMs !== undefined) {
    await sleep(timeoutMs, ended, abandon);
  } else {
    const waits = [whenAborted(ended), whenAborted(abandon)];
    await Promise.race(waits.map((wait) => wait.reached));
    for (const wait of waits) wait.forget();
  }
  if (ended.aborted) return 'ended';
  return abandon.aborted ? 'abandoned' : 'timed-out';
}

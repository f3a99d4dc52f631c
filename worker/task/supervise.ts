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
  /** The job is cancelled: the same, and how it ended counts. */
  cancelled?: AbortSignal;
  /** No time for grace. */
  stopping: AbortSignal;
}

/** What ended the task: itself, or the agent and why. */
export type EndedBy = 'itself' | 'time-out' | 'cancellation' | 'abandonment';
export interface Supervised {
  exit: Exit;
  endedBy: EndedBy;
}

/** From start to the last byte of output. When it returns, no process of the task is left. */
export async function superviseTask(task: TaskProcess, options: SuperviseOptions): Promise<Supervised> {
  const pumps = [new OutputPump(task.stdout, options.stdout), new OutputPump(task.stderr, options.stderr)];
  const ended = new AbortController();
  const exited = task.exit.then((exit) => {
    ended.abort();
    return exit;
  });
  const endedBy = await firstOf(options, ended.signal);
  if (endedBy !== 'itself') {
    const { stopping: hurry } = options;
    await terminateGroup(task.groupId, { graceMs: options.killGraceMs(), ended: ended.signal, hurry });
  }
  const exit = await exited;
  crashPoint('task-ended');
  signalGroup(task.groupId, 'SIGKILL');
  killStrays(options.attemptId, task.before);
  await Promise.all(pumps.map((pump) => pump.drain()));
  return { exit, endedBy };
}

async function firstOf(
  { timeoutMs, abandon, cancelled }: SuperviseOptions,
  ended: AbortSignal,
): Promise<EndedBy> {
  const ends = [ended, abandon, ...(cancelled ? [cancelled] : [])];
  if (timeoutMs !== undefined) {
    await sleep(timeoutMs, ...ends);
  } else {
    const waits = ends.map(whenAborted);
    await Promise.race(waits.map((wait) => wait.reached));
    for (const wait of waits) wait.forget();
  }
  if (ended.aborted) return 'itself';
  if (abandon.aborted) return 'abandonment';
  return cancelled?.aborted ? 'cancellation' : 'time-out';
}

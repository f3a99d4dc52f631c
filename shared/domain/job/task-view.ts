import { hasSucceeded, type RetryPolicy, type TaskState, type TaskView } from '../../contracts';
import { isRunAgain } from './progress';
import type { TaskRow } from './rows';

/** What is known of one task that has not ended. */
export interface BegunTask {
  attemptId: string;
  startedAt: string;
  worker: string | null;
}

interface TaskFacts {
  /** The row of its last run; undefined: it was sent at most once, and has not ended. */
  run: TaskRow | undefined;
  policy: RetryPolicy | null;
  /** The job has: nothing of it runs any more. */
  hasJobEnded: boolean;
}

/** Whether nothing more is to come of it. */
export function isTaskOver({ run, policy, hasJobEnded }: TaskFacts): boolean {
  if (hasJobEnded) return true;
  return run?.outcome !== undefined && run.outcome !== null && !isRunAgain(run.outcome, run.retry, policy);
}

export function taskView(task: number, facts: TaskFacts, begun?: BegunTask): TaskView {
  const { run, hasJobEnded } = facts;
  if (run?.outcome && isTaskOver(facts)) return endedView(run, run.outcome);
  return openView(task, { retry: run?.retry ?? 0, begun, hasJobEnded });
}

function endedView({ task, retry }: TaskRow, outcome: NonNullable<TaskRow['outcome']>): TaskView {
  const { outputIn: _outputIn, batch: _batch, ...rest } = outcome;
  const state = hasSucceeded(rest) ? 'succeeded' : rest.end === 'cancelled' ? 'cancelled' : 'failed';
  return { task, state, retry, ...rest };
}

function openView(
  task: number,
  { retry, begun, hasJobEnded }: { retry: number; begun: BegunTask | undefined; hasJobEnded: boolean },
): TaskView {
  const state: TaskState = hasJobEnded ? 'cancelled' : begun ? 'running' : 'queued';
  return {
    task,
    state,
    retry,
    attemptId: begun?.attemptId ?? null,
    startedAt: begun?.startedAt ?? null,
    worker: begun?.worker ?? null,
    end: null,
    exitCode: null,
    signal: null,
    message: null,
    endedAt: null,
    stdoutBytes: null,
    stderrBytes: null,
  };
}

import type { HttpRequest } from '@azure/functions';
import { finalJobStates, hasSucceeded, type TaskState, type TaskView } from '../../shared/contracts';
import { isRunAgain, lastRuns, type JobRow, type TaskRow } from '../../shared/domain';
import type { AttemptListing } from '../../shared/ports';
import type { App } from '../app';
import { latest } from '../jobs/task-output';
import { listTaskRows } from '../records/jobs';
import { listAgents } from '../records/resources';
import { findJob } from './jobs';

/** What is known of one task that has not ended. */
interface Begun {
  attemptId: string;
  startedAt: string;
  worker: string | null;
}

export async function listTaskViews(app: App, request: HttpRequest): Promise<{ value: TaskView[] }> {
  const { row, status } = await findJob(app, request);
  const runs = [...lastRuns(await listTaskRows(app.records, row))];
  const rows = new Map(runs.map((run) => [run.task, run]));
  const hasEnded = finalJobStates.includes(status.state);
  const ended = runs.filter((run) => run.outcome).length;
  const begun = hasEnded || ended === row.taskCount ? new Map<number, Begun>() : await begunTasks(app, row);
  const value = Array.from({ length: row.taskCount }, (_, task) => {
    const run = rows.get(task);
    const isOver = run?.outcome && !isRunAgain(run.outcome, run.retry, row.policy.retry);
    if (isOver || (hasEnded && run?.outcome)) return endedView(run);
    return openView(task, { retry: run?.retry ?? 0, begun: begun.get(task), hasEnded });
  });
  return { value };
}

/** By the agents' last word, and by the output that lies in storage. */
async function begunTasks(app: App, { jobId, owner }: JobRow): Promise<Map<number, Begun>> {
  const [attempts, agents] = await Promise.all([
    app.jobOutput(owner).listAttempts(jobId),
    listAgents(app.records, owner),
  ]);
  const byTask = new Map<number, AttemptListing[]>();
  for (const attempt of attempts) byTask.set(attempt.task, [...(byTask.get(attempt.task) ?? []), attempt]);
  const begun = new Map<number, Begun>();
  for (const [task, ofTask] of byTask) {
    const { attemptId, createdAt } = latest(ofTask)!;
    begun.set(task, { attemptId, startedAt: createdAt, worker: null });
  }
  for (const { running } of agents)
    for (const [worker, told] of Object.entries(running))
      if (told.jobId === jobId && !told.isMember) begun.set(told.task, { ...told, worker });
  return begun;
}

function endedView({ task, retry, outcome }: TaskRow): TaskView {
  const { outputIn: _outputIn, batch: _batch, ...rest } = outcome!;
  const state = hasSucceeded(rest) ? 'succeeded' : rest.end === 'cancelled' ? 'cancelled' : 'failed';
  return { task, state, retry, ...rest };
}

function openView(
  task: number,
  { retry, begun, hasEnded }: { retry: number; begun: Begun | undefined; hasEnded: boolean },
): TaskView {
  const state: TaskState = hasEnded ? 'cancelled' : begun ? 'running' : 'queued';
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

import type { HttpRequest } from '@azure/functions';
import { finalJobStates, type TaskView } from '../../shared/contracts';
import { lastRuns, taskView, type BegunTask, type JobRow } from '../../shared/domain';
import type { AttemptListing } from '../../shared/ports';
import type { App } from '../app';
import { latest } from '../jobs/task-output';
import { listTaskRows } from '../records/jobs';
import { listAgents } from '../records/resources';
import { findJob } from './jobs';

export async function listTaskViews(app: App, request: HttpRequest): Promise<{ value: TaskView[] }> {
  const { row, status } = await findJob(app, request);
  const runs = [...lastRuns(await listTaskRows(app.records, row))];
  const rows = new Map(runs.map((run) => [run.task, run]));
  const hasEnded = finalJobStates.includes(status.state);
  const ended = runs.filter((run) => run.outcome).length;
  const begun =
    hasEnded || ended === row.taskCount ? new Map<number, BegunTask>() : await begunTasks(app, row);
  const value = Array.from({ length: row.taskCount }, (_, task) => {
    const facts = { run: rows.get(task), policy: row.policy.retry, hasJobEnded: hasEnded };
    return taskView(task, facts, begun.get(task));
  });
  return { value };
}

/** By the agents' last word, and by the output that lies in storage. */
async function begunTasks(app: App, { jobId, owner }: JobRow): Promise<Map<number, BegunTask>> {
  const [attempts, agents] = await Promise.all([
    app.jobOutput(owner).listAttempts(jobId),
    listAgents(app.records, owner),
  ]);
  const byTask = new Map<number, AttemptListing[]>();
  for (const attempt of attempts) byTask.set(attempt.task, [...(byTask.get(attempt.task) ?? []), attempt]);
  const begun = new Map<number, BegunTask>();
  for (const [task, ofTask] of byTask) {
    const { attemptId, createdAt } = latest(ofTask)!;
    begun.set(task, { attemptId, startedAt: createdAt, worker: null });
  }
  for (const { running } of agents)
    for (const [worker, told] of Object.entries(running))
      if (told.jobId === jobId && !told.isMember) begun.set(told.task, { ...told, worker });
  return begun;
}

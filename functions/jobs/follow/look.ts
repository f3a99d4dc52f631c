import { finalJobStates, type TaskView } from '../../../shared/contracts';
import {
  countingRuns,
  followedAtOnce,
  isTaskOver,
  lastRuns,
  newJobStatus,
  runsOfRows,
  taskKeyPrefix,
  taskView,
  type AttemptRun,
  type JobRow,
  type JobStatus,
  type TaskRow,
} from '../../../shared/domain';
import type { App } from '../../app';
import { listTaskRows } from '../../records/jobs';
import { listedRun } from '../attempts';

/** One task, or those that share a hundred. */
export type Followed = { task: number } | { hundred: number };

/** What is there of one task by now. */
export interface TaskLook {
  task: number;
  runs: AttemptRun[];
  /** Nothing more is to come of it. */
  isOver: boolean;
  view: TaskView;
}

export interface FollowLook {
  status: JobStatus;
  tasks: TaskLook[];
}

/**
 * Three reads: how the job stands, how tasks have ended, and, unless all that matters is known by then, what output lies in blobs. In this
 * order: of a task that is seen to have ended every byte is there.
 */
export async function lookAtOutput(app: App, job: JobRow, followed: Followed): Promise<FollowLook> {
  const { jobId, owner } = job;
  const status = (await app.records.get<JobStatus>('jobs', 'status', jobId))?.value;
  const row = status ?? (await app.records.get('jobs', 'job', jobId));
  if (!row) throw new Error(`The job '${jobId}' was deleted while its output was followed.`);
  const rows = await listTaskRows(app.records, job, rowPrefix(followed));
  const byTask = groupByTask(rows);
  const numbers = tasksOf(job, followed);
  const hasJobEnded = status !== undefined && finalJobStates.includes(status.state);
  const isSettled = numbers.every((task) => isKnown(byTask.get(task) ?? [], { job, hasJobEnded }));
  const part = 'task' in followed ? followed.task : followed;
  const listed = isSettled ? [] : await app.jobOutput(owner).listAttempts(jobId, part);
  const listedByTask = groupByTask(listed);
  const tasks = numbers.map((task) => {
    const found = (listedByTask.get(task) ?? []).map(listedRun);
    return taskLook(task, { rows: byTask.get(task) ?? [], found, job, hasJobEnded });
  });
  return { status: status ?? newJobStatus(job), tasks };
}

function groupByTask<Of extends { task: number }>(all: Of[]): Map<number, Of[]> {
  const groups = new Map<number, Of[]>();
  for (const one of all) groups.set(one.task, [...(groups.get(one.task) ?? []), one]);
  return groups;
}

interface Facts {
  job: JobRow;
  hasJobEnded: boolean;
}

/** How its last run ended is known, and no other comes: no blob has to be looked for. */
function isKnown(rows: TaskRow[], { job, hasJobEnded }: Facts): boolean {
  const run = [...lastRuns(rows)].at(0);
  const isOver = isTaskOver({ run, policy: job.policy.retry, hasJobEnded });
  return isOver && run?.outcome !== undefined && run.outcome !== null;
}

function taskLook(
  task: number,
  { rows, found, job, hasJobEnded }: Facts & { rows: TaskRow[]; found: AttemptRun[] },
): TaskLook {
  const committed = runsOfRows(rows);
  const others = found.filter((run) => !committed.some((one) => isSame(one, run)));
  const runs = [...committed, ...others];
  const facts = { run: [...lastRuns(rows)].at(0), policy: job.policy.retry, hasJobEnded };
  const last = countingRuns(runs).at(-1);
  const begun = last && { attemptId: last.attemptId, startedAt: last.createdAt, worker: null };
  return { task, runs, isOver: isTaskOver(facts), view: taskView(task, facts, begun) };
}

function isSame(a: AttemptRun, b: AttemptRun): boolean {
  return a.retry === b.retry && a.attemptId === b.attemptId;
}

function rowPrefix(followed: Followed): string {
  return 'task' in followed ? taskKeyPrefix(followed.task) : String(followed.hundred).padStart(4, '0');
}

function tasksOf({ taskCount }: JobRow, followed: Followed): number[] {
  if ('task' in followed) return [followed.task];
  const first = followed.hundred * followedAtOnce;
  const count = Math.min(followedAtOnce, taskCount - first);
  return Array.from({ length: Math.max(0, count) }, (_, index) => first + index);
}

import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { AttemptName, OutputStream, TaskView } from '../../shared/contracts';
import type { JobRow, TaskRow } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { AttemptListing } from '../../shared/ports';
import type { App } from '../app';
import { getTask, listTasks } from '../records/jobs';
import { findJob } from './jobs';
import { answerOutput } from './output-answer';
import { parseShape, type Route } from './route';

export function taskRoutes(app: App): Route[] {
  return [
    {
      name: 'listTasks',
      method: 'GET',
      path: 'jobs/{id}/tasks',
      handle: async ({ request }) => {
        const { row } = await findJob(app, request);
        return { jsonBody: { value: await taskViews(app, row) } };
      },
    },
    ...(['stdout', 'stderr'] as const).map((stream): Route => ({
      name: stream === 'stdout' ? 'readStdout' : 'readStderr',
      method: 'GET',
      path: `jobs/{id}/tasks/{task}/${stream}`,
      handle: ({ request }) => readOutput(app, request, stream),
    })),
  ];
}

async function taskViews(app: App, row: JobRow): Promise<TaskView[]> {
  const ended = new Map((await listTasks(app.records, row.jobId)).map((task) => [task.task, task]));
  const { attempts } =
    ended.size < row.taskCount ? await app.jobOutput(row.owner).listAttempts(row.jobId) : { attempts: [] };
  const running = new Map<number, AttemptListing>();
  for (const attempt of attempts) running.set(attempt.task, later(running.get(attempt.task), attempt));
  return Array.from({ length: row.taskCount }, (_, task) =>
    taskView(task, ended.get(task), running.get(task)),
  );
}

function taskView(task: number, ended: TaskRow | undefined, attempt: AttemptListing | undefined): TaskView {
  if (ended) {
    const { attemptId, worker, end, exitCode, signal, message, startedAt, endedAt } = ended;
    const state = ended.hasSucceeded ? 'succeeded' : 'failed';
    return { task, state, attemptId, worker, end, exitCode, signal, message, startedAt, endedAt };
  }
  return {
    task,
    state: attempt ? 'running' : 'queued',
    attemptId: attempt?.attemptId ?? null,
    startedAt: attempt?.createdAt ?? null,
    worker: null,
    end: null,
    exitCode: null,
    signal: null,
    message: null,
    endedAt: null,
  };
}

function later(known: AttemptListing | undefined, candidate: AttemptListing): AttemptListing {
  if (!known) return candidate;
  const order = (attempt: AttemptListing): string =>
    `${String(attempt.retry).padStart(3, '0')}/${attempt.createdAt}/${attempt.attemptId}`;
  return order(known) < order(candidate) ? candidate : known;
}

/** The attempt whose output counts: the one that committed, else the latest one begun; undefined before the first. */
async function currentAttempt(
  app: App,
  { jobId, owner }: JobRow,
  task: number,
): Promise<AttemptName | undefined> {
  const ended = await getTask(app.records, jobId, task);
  if (ended) return { jobId, task, retry: ended.retry, attemptId: ended.attemptId };
  const { attempts } = await app.jobOutput(owner).listAttempts(jobId, task);
  return attempts.length === 0 ? undefined : attempts.reduce<AttemptListing | undefined>(later, undefined);
}

async function readOutput(app: App, request: HttpRequest, stream: OutputStream): Promise<HttpResponseInit> {
  const { row } = await findJob(app, request);
  const task = parseShape(request.params.task, z.coerce.number().int().min(0), 'task');
  if (task >= row.taskCount) {
    throw new ApiError(404, 'TaskNotFound', `Job '${row.jobId}' has tasks 0 to ${row.taskCount - 1}.`, {
      target: 'task',
    });
  }
  const attempt = await currentAttempt(app, row, task);
  return answerOutput(
    request,
    attempt && {
      source: attempt.attemptId,
      read: (range) => app.jobOutput(row.owner).readStream(attempt, stream, range),
    },
  );
}

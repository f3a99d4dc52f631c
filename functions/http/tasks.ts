import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { OutputStream } from '../../shared/contracts';
import type { JobRow } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { currentOutput } from '../jobs/task-output';
import { findJob } from './jobs';
import { answerOutput } from './output-answer';
import { parseShape, type Route } from './route';
import { listTaskViews } from './task-list';

export function taskRoutes(app: App): Route[] {
  return [
    {
      name: 'listTasks',
      method: 'GET',
      path: 'jobs/{id}/tasks',
      handle: async ({ request }) => ({ jsonBody: await listTaskViews(app, request) }),
    },
    ...(['stdout', 'stderr'] as const).map((stream): Route => ({
      name: stream === 'stdout' ? 'readStdout' : 'readStderr',
      method: 'GET',
      path: `jobs/{id}/tasks/{task}/${stream}`,
      handle: ({ request }) => readOutput(app, request, stream),
    })),
  ];
}

const TaskNumber = z.coerce.number().int().min(0);

/** Throws 404 where there is no such job, or it has no such task. */
export async function findTask(app: App, request: HttpRequest): Promise<{ row: JobRow; task: number }> {
  const { row } = await findJob(app, request);
  const task = parseShape(request.params.task, TaskNumber, 'task');
  if (task >= row.taskCount) {
    throw new ApiError(404, 'TaskNotFound', `Job '${row.jobId}' has tasks 0 to ${row.taskCount - 1}.`, {
      target: 'task',
    });
  }
  return { row, task };
}

async function readOutput(app: App, request: HttpRequest, stream: OutputStream): Promise<HttpResponseInit> {
  const { row, task } = await findTask(app, request);
  return answerOutput(request, await currentOutput(app, row, { task, stream }));
}

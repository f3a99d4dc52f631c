import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { AttemptName, OutputFileList } from '../../shared/contracts';
import type { JobRow } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { getTaskRow } from '../records/jobs';
import { answerOutput } from './output-answer';
import { readPage } from './paging';
import { parseShape, type Route } from './route';
import { findTask } from './tasks';

const folder = 'jobs/{id}/tasks/{task}/outputs';

/** Files that a task has left in its `outputs` folder. */
export function outputFileRoutes(app: App): Route[] {
  return [
    {
      name: 'listOutputFiles',
      method: 'GET',
      path: folder,
      handle: async ({ request }) => ({ jsonBody: await listOutputFiles(app, request) }),
    },
    {
      name: 'readOutputFile',
      method: 'GET',
      path: `${folder}/{*path}`,
      handle: ({ request }) => readOutputFile(app, request),
    },
  ];
}

async function listOutputFiles(app: App, request: HttpRequest): Promise<OutputFileList> {
  const { row, task } = await findTask(app, request);
  const attempt = await attemptOf(app, request, { row, task });
  if (!attempt) return { attemptId: null, value: [] };
  const files = app.outputFiles(row.owner);
  const { items, ...rest } = await readPage(request, 1000, async (options) => {
    const page = await files.page(attempt, options);
    return { items: page.files, continuation: page.continuation };
  });
  return { attemptId: attempt.attemptId, value: items, ...rest };
}

/**
 * Short files, and the ranges that are asked for, come through the app. For a long one its reader is sent to storage, by a link that lives
 * for an hour: a function's answer ends after 230 s, and is paid for while it lasts.
 */
async function readOutputFile(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const path = parseShape(request.params.path, z.string().min(1).max(4096), 'path');
  const { row, task } = await findTask(app, request);
  const attempt = await attemptOf(app, request, { row, task });
  const files = app.outputFiles(row.owner);
  const file = attempt && (await files.find(attempt, path));
  if (!attempt || !file) {
    const message = `Task ${task} of job '${row.jobId}' has left no file '${path}': GET ${new URL(request.url).pathname.replace(/\/outputs\/.*$/, '/outputs')} lists those it has.`;
    throw new ApiError(404, 'OutputFileNotFound', message, { target: 'path' });
  }
  const isWhole = !['offset', 'length'].some((name) => request.query.has(name));
  if (isWhole && !request.headers.has('range') && file.bytes > app.config.MUSTER_REDIRECT_BYTES) {
    const { url } = await files.link(attempt, path, app.config.MUSTER_LINK_LIFETIME_MS);
    return { status: 307, headers: { Location: url, 'Cache-Control': 'no-store' } };
  }
  const read = (range: { start: number; end?: number }) => files.read(attempt, file, range);
  return answerOutput(request, { source: attempt.attemptId, read });
}

/** The one that the query names (404 where it has left nothing); else the one that counts, or, before there is one, the latest. */
async function attemptOf(
  app: App,
  request: HttpRequest,
  { row, task }: { row: JobRow; task: number },
): Promise<AttemptName | undefined> {
  const { jobId } = row;
  const asked = request.query.get('attempt');
  if (asked === null) {
    const ended = await getTaskRow(app.records, row, task);
    if (ended?.outcome) return { jobId, task, retry: ended.retry, attemptId: ended.outcome.attemptId };
  }
  const attempts = await app.outputFiles(row.owner).listAttempts(jobId, task);
  if (asked === null) return attempts.at(-1);
  const found = attempts.find(({ attemptId }) => attemptId === asked);
  if (found) return found;
  const message = `No attempt '${asked}' of task ${task} of job '${jobId}' has left anything.`;
  throw new ApiError(404, 'AttemptNotFound', message, { target: 'attempt' });
}

import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { AttemptName, OutputFileLink, OutputFileList } from '../../shared/contracts';
import type { JobRow } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { namedRun } from '../jobs/task-output';
import { getTaskRow } from '../records/jobs';
import { findTask } from './output';
import { answerOutput } from './output-answer';
import { readPage } from './paging';
import { parseShape, type Route } from './route';

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
  const link = () => files.link(attempt, path, app.config.MUSTER_LINK_LIFETIME_MS);
  const headers = { 'Cache-Control': 'no-store' };
  if (request.query.get('link') === 'true') {
    const jsonBody: OutputFileLink = { ...file, ...(await link()) };
    return { headers, jsonBody };
  }
  const isPart = request.headers.has('range') || ['offset', 'length'].some((name) => request.query.has(name));
  if (!isPart && file.bytes > app.config.MUSTER_REDIRECT_BYTES)
    return { status: 307, headers: { ...headers, Location: (await link()).url } };
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
  // It may be known by its result, and have left nothing.
  const { retry, attemptId } = await namedRun(app, row, { task, attemptId: asked });
  return { jobId, task, retry, attemptId };
}

import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { finalJobStates, jobIdPattern, JobRequest, type JobView } from '../../shared/contracts';
import { newJobStatus, type JobRow, type JobStatus } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { submitJob } from '../submit-job';
import { getJob } from '../records/jobs';
import { listPage } from './paging';
import { parseBody, parseShape, pathParameter, queryNumber, type Call, type Route } from './route';

export const JobId = z.string().regex(jobIdPattern, 'is not a job id');

export function jobRoutes(app: App): Route[] {
  return [
    { name: 'postJob', method: 'POST', path: 'jobs', handle: (call) => postJob(app, call) },
    {
      name: 'getJob',
      method: 'GET',
      path: 'jobs/{id}',
      handle: async ({ request }) => {
        const { row, status } = await findJob(app, request);
        return { jsonBody: jobView(row, status) };
      },
    },
    {
      name: 'listJobs',
      method: 'GET',
      path: 'jobs',
      handle: ({ request }) => listJobs(app, request),
    },
    {
      name: 'waitForJob',
      method: 'GET',
      path: 'jobs/{id}/wait',
      handle: ({ request }) => waitForJob(app, request),
    },
  ];
}

export async function findJob(app: App, request: HttpRequest): Promise<{ row: JobRow; status: JobStatus }> {
  const jobId = pathParameter(request, 'id', JobId);
  const job = await getJob(app.records, jobId);
  if (!job) throw new ApiError(404, 'JobNotFound', `There is no job '${jobId}'.`);
  return job;
}

async function postJob(app: App, { request, durable }: Call): Promise<HttpResponseInit> {
  const body = await parseBody(request, JobRequest);
  const key = request.headers.get('idempotency-key') ?? undefined;
  if (key !== undefined) parseShape(key, z.string().min(1).max(200), 'Idempotency-Key');
  const row = await submitJob(app, durable, { request: body, key });
  const { status } = (await getJob(app.records, row.jobId)) ?? { status: newJobStatus(row.taskCount) };
  const headers = { Location: `/api/jobs/${row.jobId}`, 'Retry-After': '1' };
  return { status: 202, headers, jsonBody: jobView(row, status) };
}

async function listJobs(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const jsonBody = await listPage(app, request, {
    table: 'jobs',
    partition: 'job',
    view: async (row: JobRow) => {
      const status = await app.records.get<JobStatus>('jobs', 'status', row.jobId);
      return [jobView(row, status?.value ?? newJobStatus(row.taskCount))];
    },
  });
  return { jsonBody };
}

/** Azure cuts an answer after about 230 s: this one comes in time, and is asked for again (202) where the job still runs. */
async function waitForJob(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const seconds = queryNumber(request, 'timeoutSeconds', { fallback: 100, max: 200 })!;
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const { row, status } = await findJob(app, request);
    const jsonBody = jobView(row, status);
    if (finalJobStates.includes(status.state)) return { jsonBody };
    const left = deadline - Date.now();
    if (left <= 0) return { status: 202, headers: { Location: request.url, 'Retry-After': '1' }, jsonBody };
    await new Promise((resolve) => setTimeout(resolve, Math.min(left, app.config.MUSTER_WAIT_POLL_MS)));
  }
}

export function jobView(row: JobRow, status: JobStatus): JobView {
  return {
    id: row.jobId,
    name: row.name,
    target: row.target,
    state: status.state,
    tasks: status.tasks,
    createdAt: row.createdAt,
    startedAt: status.startedAt,
    endedAt: status.endedAt,
    condition: status.condition,
  };
}

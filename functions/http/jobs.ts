import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { CancelRequest, finalJobStates, JobId, JobRequest } from '../../shared/contracts';
import { newJobStatus } from '../../shared/domain';
import { eventNames, jobInstanceId } from '../../shared/durable';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { requestCancel } from '../jobs/cancel-job';
import { beginRemoval, removalRound } from '../jobs/remove-job';
import { submitJob } from '../jobs/submit-job';
import { raise } from '../orchestrations';
import { getJob, type Job } from '../records/jobs';
import { listJobs } from './job-list';
import { jobView } from './job-view';
import { idempotencyKey, parseBody, pathParameter, queryNumber, type Call, type Route } from './route';

export function jobRoutes(app: App): Route[] {
  const one = 'jobs/{id}';
  return [
    { name: 'postJob', method: 'POST', path: 'jobs', handle: (call) => postJob(app, call) },
    {
      name: 'getJob',
      method: 'GET',
      path: one,
      handle: async ({ request }) => ({ jsonBody: jobView(await findJob(app, request)) }),
    },
    {
      name: 'listJobs',
      method: 'GET',
      path: 'jobs',
      handle: async ({ request }) => ({ jsonBody: await listJobs(app, request) }),
    },
    {
      name: 'waitForJob',
      method: 'GET',
      path: `${one}/wait`,
      handle: ({ request }) => waitForJob(app, request),
    },
    {
      name: 'cancelJob',
      method: 'POST',
      path: `${one}/cancel`,
      handle: (call) => cancelJob(app, call),
    },
    { name: 'deleteJob', method: 'DELETE', path: one, handle: (call) => deleteJob(app, call) },
  ];
}

export async function findJob(app: App, request: HttpRequest): Promise<Job> {
  const jobId = pathParameter(request, 'id', JobId);
  const job = await getJob(app.records, jobId);
  if (!job) throw new ApiError(404, 'JobNotFound', `There is no job '${jobId}'.`);
  return job;
}

async function postJob(app: App, { request, durable }: Call): Promise<HttpResponseInit> {
  const body = await parseBody(request, JobRequest);
  const row = await submitJob(app, durable, { request: body, key: idempotencyKey(request) });
  const headers = { Location: `/api/jobs/${row.jobId}`, 'Retry-After': '1' };
  return { status: 202, headers, jsonBody: jobView({ row, status: newJobStatus(row) }) };
}

/** Azure cuts an answer after about 230 s: this one comes in time, and is asked for again (202) where the job still runs. */
async function waitForJob(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const seconds = queryNumber(request, 'timeoutSeconds', { fallback: 100, max: 200 })!;
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const job = await findJob(app, request);
    const jsonBody = jobView(job);
    if (finalJobStates.includes(job.status.state)) return { jsonBody };
    const left = deadline - Date.now();
    if (left <= 0) return { status: 202, headers: { Location: request.url, 'Retry-After': '1' }, jsonBody };
    await app.jobChanges.next(job.row.jobId, Math.min(left, app.config.MUSTER_WAIT_POLL_MS));
  }
}

/** What runs is told to end, what waits is not begun. A repeat is no error; a job that has ended is 409. */
async function cancelJob(app: App, { request, durable }: Call): Promise<HttpResponseInit> {
  const jobId = pathParameter(request, 'id', JobId);
  const body = await parseBody(request, CancelRequest);
  const job = await requestCancel(app, jobId, body);
  await raise(durable, jobInstanceId(jobId), eventNames.taskCompleted);
  const headers = { Location: `/api/jobs/${jobId}`, 'Retry-After': '1' };
  return { status: 202, headers, jsonBody: jobView(job) };
}

/** A large job is not deleted within one call: what is left is done within minutes (202). */
const deletionMs = 20_000;

/** From the first moment on the job is not there any more, whatever is left of it. */
async function deleteJob(app: App, { request, durable }: Call): Promise<HttpResponseInit> {
  const due = await beginRemoval(app, await findJob(app, request));
  for (const until = Date.now() + deletionMs; Date.now() < until;)
    if (await removalRound(app, durable, due)) return { status: 204 };
  return { status: 202 };
}

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
      handle: async (call) => ({ jsonBody: jobView(await lookAtJob(app, call)) }),
    },
    {
      name: 'listJobs',
      method: 'GET',
      path: 'jobs',
      handle: async (call) => ({ jsonBody: await listJobs(app, call) }),
    },
    {
      name: 'waitForJob',
      method: 'GET',
      path: `${one}/wait`,
      handle: (call) => waitForJob(app, call),
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

/** A job that has waited for long is seldom looked at by itself: its reader gets how it stood, and whoever reads it next how it stands now. */
async function lookAtJob(app: App, { request, durable }: Call): Promise<Job> {
  const job = await findJob(app, request);
  if (!finalJobStates.includes(job.status.state))
    await app.jobWakes.look(durable, job.row, app.config.MUSTER_BUSY_LOOK_MS);
  return job;
}

async function postJob(app: App, call: Call): Promise<HttpResponseInit> {
  const { durable, callerJob } = call;
  const request = await parseBody(call.request, JobRequest);
  const row = await submitJob(app, durable, { request, key: idempotencyKey(call), callerJob });
  const headers = { Location: `/api/jobs/${row.jobId}`, 'Retry-After': '1' };
  return { status: 202, headers, jsonBody: jobView({ row, status: newJobStatus(row) }) };
}

/** Azure cuts an answer after about 230 s: this one comes in time, and is asked for again (202) where the job still runs. */
async function waitForJob(app: App, call: Call): Promise<HttpResponseInit> {
  const { request } = call;
  const seconds = queryNumber(request, 'timeoutSeconds', { fallback: 100, max: 200 })!;
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const job = await lookAtJob(app, call);
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

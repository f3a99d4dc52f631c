import { createHash, randomBytes } from 'node:crypto';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { z } from 'zod';
import { finalJobStates, jobIdPattern, JobRequest, type JobView, type Owner } from '../../shared/contracts';
import { newJobStatus, type JobRow, type JobStatus } from '../../shared/domain';
import { jobInstanceId, orchestratorNames } from '../../shared/durable';
import { ApiError, RecordConflict } from '../../shared/errors';
import type { App } from '../app';
import { ensureRunning } from '../orchestrations';
import { getJob } from '../records/jobs';
import { findOwner, refuseDeleting } from './owners';
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
  const owner = await findTarget(app, body);
  const row = await createJob(app, { body, owner, key });
  await startJob(durable, row.jobId);
  const { status } = (await getJob(app.records, row.jobId)) ?? { status: newJobStatus(row.taskCount) };
  const headers = { Location: `/api/jobs/${row.jobId}`, 'Retry-After': '1' };
  return { status: 202, headers, jsonBody: jobView(row, status) };
}

export async function startJob(durable: DurableClient, jobId: string): Promise<void> {
  await ensureRunning(durable, {
    name: orchestratorNames.job,
    instanceId: jobInstanceId(jobId),
    input: { jobId },
  });
}

async function findTarget(app: App, { target }: JobRequest): Promise<Owner> {
  const record =
    'scaleSet' in target
      ? await findOwner(app, 'scale-set', { name: target.scaleSet, target: 'target.scaleSet' })
      : await findOwner(app, 'virtual-machine', {
          name: target.virtualMachine,
          target: 'target.virtualMachine',
        });
  refuseDeleting(record.value);
  return record.value.owner;
}

/**
 * Specification, then the open mark, then the row: a crash in between leaves nothing that runs, and a resent request under the
 * same key goes on from there. The same key with another body is a conflict.
 */
async function createJob(
  app: App,
  { body, owner, key }: { body: JobRequest; owner: Owner; key: string | undefined },
): Promise<JobRow> {
  const requestHash = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const createdAt = new Date(app.clock.now()).toISOString();
  const jobId = newJobId(key);
  const known = key === undefined ? undefined : await getJob(app.records, jobId);
  if (known) return sameRequest(known.row, requestHash);
  const taskCount = body.array?.count ?? 1;
  const { run, environmentVariables, workingDirectory, taskTimeoutMs } = body;
  await app.jobOutput.putSpecification({
    version: 1,
    jobId,
    taskCount,
    run,
    environmentVariables,
    workingDirectory,
    taskTimeoutMs,
    maxAttempts: 10,
  });
  const row: JobRow = {
    jobId,
    name: body.name ?? null,
    target: body.target,
    owner,
    taskCount,
    createdAt,
    requestHash,
  };
  try {
    await app.records.put('jobs', { partition: 'open', key: jobId, value: { createdAt } });
    await app.records.insert('jobs', { partition: 'job', key: jobId, value: row });
    return row;
  } catch (error) {
    if (!(error instanceof RecordConflict)) throw error;
    const winner = await getJob(app.records, jobId);
    if (!winner) throw error;
    return sameRequest(winner.row, requestHash);
  }
}

function sameRequest(row: JobRow, requestHash: string): JobRow {
  if (row.requestHash === requestHash) return row;
  const message = `The idempotency key was used for another request (job '${row.jobId}'): use a new key for a new job.`;
  throw new ApiError(409, 'IdempotencyKeyReused', message, { target: 'Idempotency-Key' });
}

function newJobId(key: string | undefined): string {
  return key === undefined
    ? `job-${randomBytes(10).toString('hex')}`
    : `job-${createHash('sha256').update(key).digest('hex').slice(0, 20)}`;
}

async function listJobs(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const top = queryNumber(request, 'top', { fallback: 100, max: 1000 })!;
  const continuation = request.query.get('continuation') ?? undefined;
  const page = await app.records
    .page<JobRow>('jobs', 'job', { top, continuation })
    .catch((error: unknown) => {
      if (!(error instanceof RangeError)) throw error;
      throw new ApiError(
        400,
        'InvalidRequest',
        'The continuation is not one this API gave out: start without it.',
        {
          target: 'continuation',
        },
      );
    });
  const views = await Promise.all(
    page.rows.map(async ({ value }) => {
      const status = await app.records.get<JobStatus>('jobs', 'status', value.jobId);
      return jobView(value, status?.value ?? newJobStatus(value.taskCount));
    }),
  );
  const nextLink =
    page.continuation &&
    `${new URL(request.url).origin}/api/jobs?top=${top}&continuation=${encodeURIComponent(page.continuation)}`;
  return { jsonBody: { value: views, nextLink } };
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

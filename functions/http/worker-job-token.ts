import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { finalJobStates, JobTokenRequest, ownerKey, type JobTokenAnswer } from '../../shared/contracts';
import { jobToken } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { getJob } from '../records/jobs';
import { parseBody } from './route';
import { agentNamed } from './worker-lease';

/** A token for a job that runs on the caller's scale set or VM, and asked for one. It is short-lived, and kept nowhere. */
export async function giveJobToken(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const { partition, agentId } = agentNamed(app, request);
  const { jobId } = await parseBody(request, JobTokenRequest);
  if (!(await app.records.get('agents', partition, agentId)))
    throw new ApiError(410, 'OwnerGone', 'This VM is enrolled no more: it is not needed.');
  const job = await getJob(app.records, jobId);
  // As for a job of another owner: an agent learns nothing of those.
  if (!job || ownerKey(job.row.owner) !== partition)
    throw new ApiError(404, 'JobNotFound', `There is no job '${jobId}' here.`);
  if (!job.row.controlPlaneAccess) {
    const message = `The job '${jobId}' has not asked for controlPlaneAccess.`;
    throw new ApiError(403, 'AccessNotAsked', message);
  }
  if (finalJobStates.includes(job.status.state))
    throw new ApiError(409, 'JobEnded', `The job '${jobId}' has ended.`);
  const { MUSTER_JOB_TOKEN_LIFETIME_MS: expiresInMs, MUSTER_SIGNING_KEY: signingKey } = app.config;
  const token = jobToken(jobId, app.clock.now() + expiresInMs, signingKey);
  const answer: JobTokenAnswer = { token, expiresInMs };
  return { headers: { 'Cache-Control': 'no-store' }, jsonBody: answer };
}

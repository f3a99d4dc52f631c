import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { JobId, jobAccessPath, ResourceName, type OwnerKind } from '../../shared/contracts';
import { jobNeed, jobScope, readJobToken, type JobNeed } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { isLive } from '../jobs/owned-resources';
import { getJobRow } from '../records/jobs';
import { getResource } from '../records/resources';
import { pathParameter, type Call, type Route } from './route';

/**
 * The same routes once more, for jobs: each by the token of a job in place of a function key, each behind the same gate. Closed ones
 * too, so that they say why: a catch-all would not do, as Azure's host orders routes by the names of their functions
 * (azure-functions-host issue 9876), not by how much they say.
 */
export function jobAccessRoutes(app: App, routes: Route[]): Route[] {
  const keyed = routes.filter(({ authLevel = 'function' }) => authLevel === 'function');
  return keyed.map((route) => ({
    name: `${route.name}ForJob`,
    method: route.method,
    path: `${jobAccessPath.replace('/api/', '')}/api/${route.path}`,
    authLevel: 'anonymous',
    handle: async (call) => {
      const callerJob = await callingJob(app, call.request);
      const need = jobNeed(route.method, route.path);
      if (need === undefined) throw outOfScope(`${route.method} /api/${route.path} is not open to jobs.`);
      await refuseForeign(app, { need, callerJob }, call.request);
      return relocated(await route.handle({ ...call, callerJob }));
    },
  }));
}

/** The job whose token the call bears, and which lives. Throws 401. */
async function callingJob(app: App, request: HttpRequest): Promise<string> {
  const token = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
  const { MUSTER_SIGNING_KEY: signingKey } = app.config;
  const jobId = readJobToken(token, { now: app.clock.now(), signingKey });
  if (jobId === undefined)
    throw refused(
      'The job token is not one of this control plane, or has expired: read the file again for each call.',
    );
  if (!(await isLive(app, jobId))) throw refused(`The job '${jobId}' has ended, and its token with it.`);
  return jobId;
}

function refused(message: string): ApiError {
  return new ApiError(401, 'JobTokenRefused', message);
}

export function outOfScope(message: string): ApiError {
  return new ApiError(403, 'OutOfScope', `${message} ${jobScope}`);
}

/** What is named and is there must be the caller's own; of what is not there the handler says so. */
async function refuseForeign(
  app: App,
  { need, callerJob }: { need: JobNeed; callerJob: string },
  request: HttpRequest,
): Promise<void> {
  if (need === 'job') {
    const jobId = pathParameter(request, 'id', JobId);
    const row = await getJobRow(app.records, jobId);
    if (row && row.submittedByJob !== callerJob)
      throw outOfScope(`The job '${jobId}' was not submitted by '${callerJob}'.`);
  }
  if (need === 'scale-set' || need === 'virtual-machine') {
    const name = pathParameter(request, 'name', ResourceName);
    const record = await getResource(app.records, need, name);
    if (record) refuseOthers(record.value, { callerJob });
  }
}

/** A resource that another one made is not a job's to use. A caller by key may use all. */
export function refuseOthers(
  { owner, createdByJob }: { owner: { kind: OwnerKind; name: string }; createdByJob?: string },
  { callerJob }: { callerJob?: string | undefined },
): void {
  if (callerJob !== undefined && createdByJob !== callerJob)
    throw outOfScope(`The ${owner.kind} '${owner.name}' was not created by '${callerJob}'.`);
}

/** Where to look next lies behind the same gate. */
function relocated(answer: HttpResponseInit): HttpResponseInit {
  const headers = new Headers(answer.headers as Record<string, string> | undefined);
  const location = headers.get('location');
  if (!location?.startsWith('/api/')) return answer;
  return { ...answer, headers: { ...answer.headers, Location: `${jobAccessPath}${location}` } };
}

/** Of a row that the call makes. */
export function createdBy({ callerJob }: Pick<Call, 'callerJob'>): { createdByJob?: string } {
  return callerJob === undefined ? {} : { createdByJob: callerJob };
}

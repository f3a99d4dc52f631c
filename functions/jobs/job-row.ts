import { maxInlineSpecificationBytes, type JobRequest, type JobSpecification } from '../../shared/contracts';
import type { JobRow } from '../../shared/domain';
import type { App } from '../app';
import { allFound } from '../http/all-found';
import { specifiedInputs, type SentAlong } from './job-inputs';
import { findTarget, refuseOthersJobs, refuseUnknownJobs, type Named } from './job-target';
import { refuseImpossibleMpi } from './mpi-problems';
import { useGangs, usePriority } from './uses';

/** A specification no longer than this, as JSON, lies in the job's row. */
const maxKeptSpecificationBytes = 64 * 1024;
/** Of a job whose next tasks wait for the end of others, or that may run one again. */
const wakeWithinMs = { followed: 200, plain: 2000 };

/** The row of a new job. Throws 404 or 409 where its target cannot take it, 400 with every problem of a VM of its own. */
export async function makeJobRow(
  app: App,
  request: JobRequest,
  {
    jobId,
    requestHash,
    key,
    callerJob,
    sent,
  }: Named & {
    requestHash: string;
    key: string | null;
    sent: SentAlong | undefined;
  },
): Promise<JobRow> {
  const { keepMs = app.config.MUSTER_JOB_KEEP_MS } = request;
  const { target, name = null, retry = null, maxRunning = null, timeoutMs = null } = request;
  const { priority, nodes, dependsOn } = request;
  refuseImpossibleMpi(request);
  await refuseOthersJobs(app, request, callerJob);
  const [found] = await allFound([
    findTarget(app, request, { jobId, callerJob }),
    refuseUnknownJobs(app, dependsOn),
  ]);
  if (priority !== 'normal' && !found.ownTarget) await usePriority(app, found.owner, priority);
  if (nodes !== undefined) await useGangs(app, found.owner);
  const taskCount = request.array?.count ?? 1;
  return {
    jobId,
    name,
    owner: found.owner,
    taskCount,
    createdAt: new Date(app.clock.now()).toISOString(),
    requestHash,
    specification: specificationOf(request, { jobId, taskCount, sent }),
    policy: { retry, maxRunning, timeoutMs, priority, nodes, dependsOn },
    ownTarget: found.ownTarget,
    persist: 'persist' in target && target.persist,
    ...(sent && { hasInputs: true }),
    cancel: null,
    keepMs: keepMs === null ? null : Math.max(keepMs, app.config.MUSTER_JOB_KEEP_LEAST_MS),
    key,
    ...(request.controlPlaneAccess && { controlPlaneAccess: true as const }),
    ...(callerJob !== undefined && { submittedByJob: callerJob }),
  };
}

function specificationOf(
  request: JobRequest,
  { jobId, taskCount, sent }: { jobId: string; taskCount: number; sent: SentAlong | undefined },
): JobSpecification {
  const { run, mpi, nodes, environmentVariables, workingDirectory, taskTimeoutMs, killGraceMs } = request;
  const isFollowed = request.retry !== undefined || request.maxRunning !== undefined;
  return {
    version: 1,
    jobId,
    taskCount,
    run,
    mpi,
    nodes,
    environmentVariables,
    workingDirectory,
    taskTimeoutMs,
    killGraceMs,
    maxAttempts: 10,
    failsOnEviction: request.onEviction === 'fail',
    ...specifiedInputs(sent, request),
    wakeWithinMs: isFollowed ? wakeWithinMs.followed : wakeWithinMs.plain,
    ...(request.controlPlaneAccess && { controlPlaneAccess: true as const }),
  };
}

/** A specification too long for a message goes to its blob, and is dropped from the row where it is too long for that, too; the row as it is to be written. */
export async function keepSpecification(app: App, row: JobRow): Promise<JobRow> {
  const { specification } = row;
  if (!specification) return row;
  const bytes = Buffer.byteLength(JSON.stringify(specification));
  if (bytes <= maxInlineSpecificationBytes) return row;
  await app.jobOutput(row.owner).putSpecification(specification);
  return bytes <= maxKeptSpecificationBytes ? row : { ...row, specification: null };
}

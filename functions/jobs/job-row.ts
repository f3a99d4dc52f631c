import type { Dependency, JobRequest, JobSpecification, Owner } from '../../shared/contracts';
import type { JobRow, VirtualMachineRow } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { allFound, retargeted } from '../http/all-found';
import { createdBy, outOfScope, refuseOthers } from '../http/job-access';
import { findOwner, refuseDeleting } from '../http/owners';
import { makeVirtualMachineRow, ownName, refuseTakenName } from '../http/virtual-machine-rows';
import { specifiedInputs, type SentAlong } from './job-inputs';
import { getJobRow } from '../records/jobs';
import { usePriority } from './priorities';

/** A specification no longer than this, as JSON, lies in the job's row. */
const maxKeptSpecificationBytes = 64 * 1024;
/** Of a job whose next tasks wait for the end of others, or that may run one again. */
const wakeWithinMs = { followed: 200, plain: 2000 };

interface Named {
  jobId: string;
  /** The job that submits this one. */
  callerJob?: string | undefined;
}

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
  const { priority, dependsOn } = request;
  await refuseOthersJobs(app, request, callerJob);
  const [found] = await allFound([
    findTarget(app, request, { jobId, callerJob }),
    refuseUnknownJobs(app, dependsOn),
  ]);
  if (priority !== 'normal' && !found.ownTarget) await usePriority(app, found.owner, priority);
  const taskCount = request.array?.count ?? 1;
  return {
    jobId,
    name,
    owner: found.owner,
    taskCount,
    createdAt: new Date(app.clock.now()).toISOString(),
    requestHash,
    specification: specificationOf(request, { jobId, taskCount, sent }),
    policy: { retry, maxRunning, timeoutMs, priority, dependsOn },
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
  const { run, environmentVariables, workingDirectory, taskTimeoutMs, killGraceMs } = request;
  const isFollowed = request.retry !== undefined || request.maxRunning !== undefined;
  return {
    version: 1,
    jobId,
    taskCount,
    run,
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

/** A long specification goes to its blob; the row as it is to be written. */
export async function keepSpecification(app: App, row: JobRow): Promise<JobRow> {
  const { specification } = row;
  if (!specification || Buffer.byteLength(JSON.stringify(specification)) <= maxKeptSpecificationBytes)
    return row;
  await app.jobOutput(row.owner).putSpecification(specification);
  return { ...row, specification: null };
}

/** A job that submits another may have it wait for its own alone: how others stand is none of its business. */
async function refuseOthersJobs(
  app: App,
  { dependsOn }: JobRequest,
  callerJob: string | undefined,
): Promise<void> {
  if (callerJob === undefined) return;
  for (const { job } of dependsOn) {
    const row = await getJobRow(app.records, job);
    if (row?.submittedByJob !== callerJob)
      throw outOfScope(`The job '${job}' was not submitted by '${callerJob}'.`);
  }
}

interface Target {
  owner: Owner;
  ownTarget: VirtualMachineRow | null;
}

/** A job can only depend on one that was submitted before: no job waits in a circle, or for what never comes. */
async function refuseUnknownJobs(app: App, dependsOn: Dependency[]): Promise<void> {
  const found = await Promise.all(dependsOn.map(({ job }) => getJobRow(app.records, job)));
  const details = dependsOn.flatMap(({ job }, index) =>
    found[index]
      ? []
      : [{ code: 'JobNotFound', message: `There is no job '${job}'.`, target: `dependsOn[${index}].job` }],
  );
  if (details.length === 0) return;
  const message = `It depends on what there is not: ${details.map((detail) => detail.message).join(' ')}`;
  throw new ApiError(404, 'JobNotFound', message, { details });
}

/** What is wrong with a VM of its own, by the path in the job's request. */
function ofOwnTarget(error: unknown): never {
  if (!(error instanceof ApiError)) throw error;
  throw retargeted(error, (target) =>
    target === 'template' ? 'target.virtualMachineTemplate' : `target.${target}`,
  );
}

async function findTarget(
  app: App,
  { target, priority }: JobRequest,
  { jobId, callerJob }: Named,
): Promise<Target> {
  if ('virtualMachineTemplate' in target) {
    const { virtualMachineTemplate: template, name, basename, persist: _, ...request } = target;
    const vmName = name ?? ownName(basename, jobId);
    const [row] = await allFound([
      makeVirtualMachineRow(app, vmName, { template, ...request }).catch(ofOwnTarget),
      refuseTakenName(app, vmName),
    ]);
    const ownTarget = { ...row, madeFor: jobId, priorities: [priority], ...createdBy({ callerJob }) };
    return { owner: ownTarget.owner, ownTarget };
  }
  const record =
    'scaleSet' in target
      ? await findOwner(app, 'scale-set', { name: target.scaleSet, target: 'target.scaleSet' })
      : await findOwner(app, 'virtual-machine', {
          name: target.virtualMachine,
          target: 'target.virtualMachine',
        });
  refuseOthers(record.value, { callerJob });
  refuseDeleting(record.value);
  if ('workerCommand' in record.value && record.value.workerCommand) {
    const message = `The workers of '${record.value.owner.name}' run the command of their scale set and take no tasks: submit to another.`;
    throw new ApiError(409, 'ScaleSetRunsCommand', message, { target: 'target.scaleSet' });
  }
  return { owner: record.value.owner, ownTarget: null };
}

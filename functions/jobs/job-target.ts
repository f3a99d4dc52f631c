import type { Dependency, JobRequest, Owner } from '../../shared/contracts';
import type { VirtualMachineRow } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { allFound, retargeted } from '../http/all-found';
import { createdBy, outOfScope, refuseOthers } from '../http/job-access';
import { findOwner, refuseDeleting } from '../http/owners';
import { makeVirtualMachineRow, ownName, refuseTakenName } from '../http/virtual-machine-rows';
import { getJobRow } from '../records/jobs';

export interface Named {
  jobId: string;
  /** The job that submits this one. */
  callerJob?: string | undefined;
}

/** A job that submits another may have it wait for its own alone: how others stand is none of its business. */
export async function refuseOthersJobs(
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

/** An owner that is there; or the row of a VM that is to be made for the job. */
interface Target {
  owner: Owner;
  ownTarget: VirtualMachineRow | null;
}

/** A job can only depend on one that was submitted before: no job waits in a circle, or for what never comes. */
export async function refuseUnknownJobs(app: App, dependsOn: Dependency[]): Promise<void> {
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

/** What the job runs on. Throws with every problem of the target, by its path in the request. */
export async function findTarget(
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

import { app as functions } from '@azure/functions';
import * as df from 'durable-functions';
import type { ScaleSetRow, VirtualMachineRow } from '../../shared/domain';
import { orchestratorNames, ownerInstanceId } from '../../shared/durable';
import type { App } from '../app';
import { startJob } from '../jobs/submit-job';
import { ensureRunning } from '../orchestrations';
import { getJobRow, type OpenMark } from '../records/jobs';

/**
 * Starts again what should be running and is not: a request that died between its row and its orchestrator's start, an
 * orchestrator that failed. The rows are the truth; an orchestrator only serves them.
 */
export function registerResumeOrchestrations(app: App): void {
  functions.timer('resumeOrchestrations', {
    schedule: '15 * * * * *',
    extraInputs: [df.input.durableClient()],
    handler: async (_timer, context) => {
      await app.prepared();
      const durable = df.getClient(context);
      for (const { value } of await app.records.list<ScaleSetRow>('resources', 'scale-set')) {
        await ensureRunning(durable, {
          name: orchestratorNames.scaleSet,
          instanceId: ownerInstanceId(value.owner),
          input: { owner: value.owner },
        });
      }
      for (const { value } of await app.records.list<VirtualMachineRow>('resources', 'virtual-machine')) {
        await ensureRunning(durable, {
          name: orchestratorNames.virtualMachine,
          instanceId: ownerInstanceId(value.owner),
          input: { owner: value.owner },
        });
      }
      for (const { key, value } of await app.records.list<OpenMark>('jobs', 'open')) {
        if (await getJobRow(app.records, key)) await startJob(durable, key);
        else await removeLeftInputs(app, key, value);
      }
    },
  });
}

/** No submission takes so long. */
const abandonedAfterMs = 3_600_000;

/** A submission died between the copies of what was sent along and its row: nobody would ever remove them. */
async function removeLeftInputs(app: App, jobId: string, { createdAt, owner }: OpenMark): Promise<void> {
  if (!owner || app.clock.now() - Date.parse(createdAt) < abandonedAfterMs) return;
  await app.jobInputs(owner).remove(jobId);
  await app.records.remove('jobs', 'open', jobId);
}

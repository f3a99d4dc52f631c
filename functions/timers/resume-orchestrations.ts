import { app as functions } from '@azure/functions';
import * as df from 'durable-functions';
import type { ScaleSetRow, VirtualMachineRow } from '../../shared/domain';
import { orchestratorNames, ownerInstanceId } from '../../shared/durable';
import type { App } from '../app';
import { dropAbandoned } from '../jobs/job-inputs';
import { startJob } from '../jobs/submit-job';
import { ensureRunning } from '../orchestrations';
import type { StoredRecord } from '../../shared/ports';
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
      for (const { key: jobId, value } of await nextOpenJobs(app)) {
        if (await getJobRow(app.records, jobId)) await startJob(durable, jobId);
        else await dropAbandoned(app, jobId, value);
      }
    },
  });
}

/** So many open jobs are looked at in a round; ten thousand take twenty rounds. */
const jobsPerRound = 500;
const places = new WeakMap<App, string | undefined>();

/** Those that come after the ones of the round before. */
async function nextOpenJobs(app: App): Promise<StoredRecord<OpenMark>[]> {
  const continuation = places.get(app);
  const page = await app.records.page<OpenMark>('jobs', 'open', {
    top: jobsPerRound,
    ...(continuation !== undefined && { continuation }),
  });
  places.set(app, page.continuation);
  return page.rows;
}

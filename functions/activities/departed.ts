import { ownerKey, type Owner } from '../../shared/contracts';
import { stepDone, type Departure, type ScaleSetSteps, type StepOutcome } from '../../shared/domain';
import type { App } from '../app';
import { addTimeline } from '../records/resources';
import { attempt } from './attempt';
import { onRowOf } from './on-row';
import { azureScaleSet } from './scale-set';

type Input<Kind extends keyof ScaleSetSteps> = { owner: Owner } & ScaleSetSteps[Kind];

/** Logs read in one round, and at once: each is a call to Azure and one to its storage. */
const logsAtOnce = 10;

/** VMs that go, and agents whose VM is gone. */
export function createDepartedActivities(app: App) {
  const onRow = onRowOf(app, 'scale-set');
  return {
    replaceInstances: ({ owner, departures }: Input<'replaceInstances'>) =>
      onRow(owner, async (row) => {
        await keepBootLogs(app, owner, departures);
        const instanceIds = departures.map((departure) => departure.instanceId);
        return attempt(() => app.compute.deleteInstances(azureScaleSet(row), instanceIds));
      }),

    forgetAgents: async ({ owner, gone }: Input<'forgetAgents'>): Promise<StepOutcome> => {
      const at = new Date(app.clock.now()).toISOString();
      const events = gone.map(({ name, wasEvicted }) => ({
        at,
        code: wasEvicted ? 'Evicted' : 'InstanceGone',
        message: wasEvicted ? `Azure has taken the Spot VM '${name}' away.` : `The VM '${name}' is gone.`,
      }));
      await addTimeline(app.records, owner, events);
      await app.records.removeMany(
        'agents',
        ownerKey(owner),
        gone.map((agent) => agent.agentId),
      );
      return stepDone;
    },
  };
}

/** What a VM wrote to its console says why its boot failed, and goes with it. Best effort: a VM without one goes all the same. */
async function keepBootLogs(app: App, owner: Owner, departures: Departure[]): Promise<void> {
  const unexplained = departures.filter((one) => one.reason !== 'Evicted').slice(0, logsAtOnce);
  await Promise.allSettled(
    unexplained.map(async ({ name, resourceId }) => {
      const text = await app.compute.readConsoleLog(resourceId);
      if (text) await app.bootLogs.keepConsole(owner, name, text);
    }),
  );
}

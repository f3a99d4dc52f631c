import type { Owner } from '../../shared/contracts';
import {
  computerName,
  guestTags,
  ownerTag,
  scaleSetAzureName,
  stepDone,
  workQueueName,
  type ScaleSetRow,
  type ScaleSetStatus,
  type StepOutcome,
} from '../../shared/domain';
import { ownerKey } from '../../shared/contracts';
import type { AzureResource } from '../../shared/ports';
import type { App } from '../app';
import { getIncarnation, openLedger } from '../records/resources';
import { attempt } from './attempt';
import { guestSetup } from './guest-setup';
import { createForget, createRecord } from './owner-records';

type Input<Extra = object> = { owner: Owner } & Extra;

/** Activities that change a scale set. Each may be repeated: PUTs by derived name, deletions of what may be gone. */
export function createScaleSetActivities(app: App) {
  const { compute, records, clock } = app;

  /** Runs `change` on the row of this incarnation; a row that is gone has nothing left to change. */
  const onRow = async (
    owner: Owner,
    change: (row: ScaleSetRow, azure: AzureResource) => Promise<StepOutcome>,
  ): Promise<StepOutcome> => {
    const row = await getIncarnation(records, 'scale-set', owner);
    return row ? change(row, azureScaleSet(row)) : stepDone;
  };

  return {
    createScaleSet: ({ owner, capacity }: Input<{ capacity: number }>) =>
      onRow(owner, async (row, azure) => {
        await app.workQueue.create(workQueueName(owner));
        await openLedger(records, {
          resourceId: row.resourceId,
          owner,
          why: 'scale set wanted',
          createdAt: now(clock),
        });
        return attempt(() =>
          compute.createScaleSet(azure, {
            body: row.template.value,
            capacity,
            computerNamePrefix: `${computerName(owner.name)}-`,
            guest: guestSetup(app, row),
            tags: { ...guestTags(row.guest), [ownerTag]: ownerKey(owner) },
          }),
        );
      }),

    setScaleSetCapacity: ({ owner, capacity }: Input<{ capacity: number }>) =>
      onRow(owner, (row, azure) =>
        attempt(() => compute.setCapacity(azure, { capacity, customData: guestSetup(app, row).customData })),
      ),

    deleteScaleSetInstances: ({ owner, instanceIds }: Input<{ instanceIds: string[] }>) =>
      onRow(owner, (_row, azure) => attempt(() => compute.deleteInstances(azure, instanceIds))),

    deleteScaleSet: ({ owner }: Input) =>
      onRow(owner, (_row, azure) => attempt(() => compute.deleteScaleSet(azure))),

    forgetScaleSet: createForget(app, 'Azure has confirmed that the scale set and its VMs are gone.'),
    recordScaleSet: createRecord<ScaleSetStatus>(app),
  };
}

export function azureScaleSet(row: ScaleSetRow): AzureResource {
  const { subscriptionId, resourceGroup } = row;
  return { subscriptionId, resourceGroup, name: scaleSetAzureName(row.owner.name) };
}

function now(clock: App['clock']): string {
  return new Date(clock.now()).toISOString();
}

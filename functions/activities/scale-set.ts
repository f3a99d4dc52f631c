import { ownerKey, type Owner } from '../../shared/contracts';
import {
  computerName,
  guestTags,
  ownerTag,
  placementsOf,
  scaleSetAzureName,
  stepDone,
  workQueueName,
  type ScaleSetRow,
  type ScaleSetStatus,
  type ScaleSetSteps,
  type StepOutcome,
} from '../../shared/domain';
import { RecordConflict } from '../../shared/errors';
import type { AzureResource, PriorityMix } from '../../shared/ports';
import type { App } from '../app';
import { getResource, openLedger } from '../records/resources';
import { attempt } from './attempt';
import { guestSetup } from './guest-setup';
import { onRowOf } from './on-row';
import { createForget, createRecord } from './owner-records';

type Input<Kind extends keyof ScaleSetSteps> = { owner: Owner } & ScaleSetSteps[Kind];

/** Activities that change a scale set. Each may be repeated: PUTs by derived name, deletions of what may be gone. */
export function createScaleSetActivities(app: App) {
  const { compute, records, clock } = app;
  const onRow = onRowOf(app, 'scale-set');

  return {
    createScaleSet: ({ owner, capacity, placement }: Input<'createScaleSet'>) =>
      onRow(owner, async (row) => {
        await app.workQueue.create(workQueueName(owner));
        await app.bootLogs.prepare(owner);
        const { resourceId } = row;
        const createdAt = new Date(clock.now()).toISOString();
        await openLedger(records, { resourceId, owner, why: 'scale set wanted', createdAt });
        return attempt(() =>
          compute.createScaleSet(azureScaleSet(row), {
            body: placedBody(row, placement),
            capacity,
            computerNamePrefix: `${computerName(owner.name)}-`,
            guest: guestSetup(app, row),
            tags: { ...guestTags(row.guest), [ownerTag]: ownerKey(owner) },
          }),
        );
      }),

    setScaleSetCapacity: ({ owner, capacity, placement, regularBase }: Input<'setScaleSetCapacity'>) =>
      onRow(owner, (row) =>
        attempt(() =>
          compute.setCapacity(azureScaleSet(row), {
            capacity,
            customData: guestSetup(app, row).customData,
            size: placementsOf(row.template)[placement]?.size,
            priorityMix: mixOf(row, regularBase),
          }),
        ),
      ),

    deleteScaleSetInstances: ({ owner, instanceIds }: Input<'deleteScaleSetInstances'>) =>
      onRow(owner, (row) => attempt(() => compute.deleteInstances(azureScaleSet(row), instanceIds))),

    retireScaleSet: ({ owner, generation }: Input<'retireScaleSet'>) => retire(app, owner, generation),

    deleteScaleSet: ({ owner }: { owner: Owner }) =>
      onRow(owner, (row) => attempt(() => compute.deleteScaleSet(azureScaleSet(row)))),

    forgetScaleSet: createForget(app, 'Azure has confirmed that the scale set and its VMs are gone.'),
    recordScaleSet: createRecord<ScaleSetStatus>(app),
  };
}

/** The template's body at one of its places. */
function placedBody({ template }: ScaleSetRow, placement: number): ScaleSetRow['template']['value'] {
  const place = placementsOf(template)[placement];
  if (!place) return template.value;
  const { zones, size } = place;
  return {
    ...template.value,
    zones: zones.length > 0 ? (zones as ('1' | '2' | '3')[]) : undefined,
    sku: { ...template.value.sku, name: size },
  };
}

function mixOf({ template }: ScaleSetRow, regularBase: number | null): PriorityMix | undefined {
  const asked = template.value.properties.priorityMixPolicy;
  if (!asked || regularBase === null) return asked;
  return { ...asked, baseRegularPriorityCount: regularBase };
}

/** Only where nobody has wished for anything since: a growth at the same moment wins. */
async function retire({ records }: App, owner: Owner, generation: number): Promise<StepOutcome> {
  const record = await getResource(records, 'scale-set', owner.name);
  const isSame =
    record?.value.owner.incarnation === owner.incarnation && record.value.generation === generation;
  if (!record || !isSame || record.value.wanted === 'absent') return stepDone;
  try {
    await records.replace('resources', { ...record, value: { ...record.value, wanted: 'absent' } });
  } catch (error) {
    if (!(error instanceof RecordConflict)) throw error;
  }
  return stepDone;
}

export function azureScaleSet(row: ScaleSetRow): AzureResource {
  const { subscriptionId, resourceGroup } = row;
  return { subscriptionId, resourceGroup, name: scaleSetAzureName(row.owner.name) };
}

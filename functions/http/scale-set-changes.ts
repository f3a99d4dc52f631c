import { ResourceName, ScaleSetRequest, type ScaleSetTemplate } from '../../shared/contracts';
import { applyToScaleSet, scaleSetResourceId, type ScaleSetRow } from '../../shared/domain';
import { RecordConflict } from '../../shared/errors';
import type { App } from '../app';
import { againAtConflict } from '../records/again-at-conflict';
import { getResource } from '../records/resources';
import { keepEnvironment } from './environments';
import { selectScaleSetImage } from './image-selection';
import { createdBy, refuseOthers } from './job-access';
import { findOwner, newOwner, refuseChanges, refuseDeleting, resolvePlace, variablesOf } from './owners';
import { refuseLongStart } from './start-up-text';
import { readTemplate } from './templates';

/** At each conflict somebody else's change has come through: so many may do so before one is told to repeat. */
const writeAttempts = 50;

/**
 * Changes what is desired of a scale set, by the row's etag and again where it changed meanwhile: of changes at the same time each
 * counts, and the last one stands. `change` answers the row itself where there is nothing to change.
 */
export function changeScaleSet(
  app: App,
  name: string,
  change: (row: ScaleSetRow) => ScaleSetRow | Promise<ScaleSetRow>,
): Promise<ScaleSetRow> {
  return againAtConflict(writeAttempts, async () => {
    const record = await findOwner(app, 'scale-set', { name });
    refuseDeleting(record.value);
    const changed = await change(record.value);
    if (changed === record.value) return changed;
    const value = { ...changed, generation: record.value.generation + 1 };
    await app.records.replace('resources', { ...record, value });
    return value;
  });
}

interface Put {
  body: ScaleSetRequest;
  callerJob?: string | undefined;
}

/** Creates the set, or sets its capacity; whoever comes second to a creation finds it made. */
export async function putScaleSetRow(app: App, name: string, { body, callerJob }: Put): Promise<ScaleSetRow> {
  const known = await getResource(app.records, 'scale-set', name);
  if (!known) {
    const row = { ...(await newRow(app, name, body)), ...createdBy({ callerJob }) };
    try {
      await app.records.insert('resources', { partition: 'scale-set', key: name.toLowerCase(), value: row });
      return row;
    } catch (error) {
      if (!(error instanceof RecordConflict)) throw error;
    }
  }
  return changeScaleSet(app, name, (row) => {
    refuseOthers(row, { callerJob });
    refuseChanges(fixedFields(row.request), { ...body });
    // The same wish once more is one, too: where its boots or its quota failed it is tried anew.
    return { ...row, capacity: body.capacity };
  });
}

/** All that was asked for at the creation but the capacity, absent fields too: they must be absent again. */
function fixedFields(request: ScaleSetRow['request']): Record<string, unknown> {
  const names = Object.keys(ScaleSetRequest.shape).filter((name) => name !== 'capacity');
  return Object.fromEntries(names.map((name) => [name, request[name as keyof typeof request]]));
}

async function newRow(app: App, name: string, body: ScaleSetRequest): Promise<ScaleSetRow> {
  const template = await readTemplate<ScaleSetTemplate>(app, 'scale-set', {
    name: ResourceName.parse(body.template),
    target: 'template',
  });
  const { subscriptionId = template.subscriptionId, resourceGroup = template.resourceGroup } = body;
  const place = await resolvePlace(app, { subscriptionId, resourceGroup });
  const { capacity, ...request } = body;
  const row: ScaleSetRow = {
    ...place,
    owner: newOwner('scale-set', name),
    wanted: 'present',
    template: await selectScaleSetImage(app, applyToScaleSet(template, body), { image: body.image, place }),
    templateName: body.template,
    resourceId: scaleSetResourceId(place, name),
    capacity,
    generation: 1,
    request,
    workersPerInstance: body.workersPerInstance,
    environmentVariables: variablesOf(body),
    guest: body.guest ?? template.guest,
    environment: await keepEnvironment(app, body.environment),
    spot: body.spot,
    workerCommand: body.workerCommand,
    deleteWhenEmptyMs: body.deleteWhenEmptyMs,
    joinLimitMs: body.joinLimitMs,
    createdAt: new Date(app.clock.now()).toISOString(),
  };
  refuseLongStart(app, row);
  return row;
}

import type { HttpResponseInit } from '@azure/functions';
import {
  ResourceName,
  ScaleSetRequest,
  type ScaleSetTemplate,
  type ScaleSetView,
} from '../../shared/contracts';
import { scaleSetResourceId, type ScaleSetRow } from '../../shared/domain';
import type { App } from '../app';
import { newScaleSetStatus } from '../activities/observe-scale-set';
import { getResource, getStatus, listAgents } from '../records/resources';
import { selectScaleSetImage } from './image-selection';
import { findOwner, newOwner, refuseChanges, refuseDeleting, resolvePlace, wakeOwner } from './owners';
import { refuseLongStart } from './start-up-text';
import { accepted, ownerRoutes } from './owner-routes';
import { parseBody, pathParameter, type Call, type Route } from './route';
import { simulateEvictionRoutes } from './simulate-eviction';
import { readTemplate } from './templates';
import { workerViews } from './worker-views';

const collection = 'scale-sets';

export function scaleSetRoutes(app: App): Route[] {
  return [
    {
      name: 'putScaleSet',
      method: 'PUT',
      path: 'scale-sets/{name}',
      handle: (call) => putScaleSet(app, call),
    },
    ...ownerRoutes(app, {
      kind: 'scale-set',
      collection,
      noun: 'ScaleSet',
      view: (row) => scaleSetView(app, row),
    }),
    ...simulateEvictionRoutes(app),
    {
      name: 'listScaleSetWorkers',
      method: 'GET',
      path: 'scale-sets/{name}/workers',
      handle: async ({ request }) => {
        const { value } = await findOwner(app, 'scale-set', {
          name: pathParameter(request, 'name', ResourceName),
        });
        const agents = await listAgents(app.records, value.owner);
        const now = app.clock.now();
        return {
          jsonBody: { value: agents.flatMap((agent) => workerViews(agent, value.workersPerInstance, now)) },
        };
      },
    },
  ];
}

async function putScaleSet(app: App, { request, durable }: Call): Promise<HttpResponseInit> {
  const name = pathParameter(request, 'name', ResourceName);
  const body = await parseBody(request, ScaleSetRequest);
  const record = await getResource(app.records, 'scale-set', name);
  const row = record ? await changeCapacity(app, record, body) : await createRow(app, name, body);
  await wakeOwner(durable, row.owner);
  return accepted(collection, row.owner, await scaleSetView(app, row));
}

async function createRow(app: App, name: string, body: ScaleSetRequest): Promise<ScaleSetRow> {
  const template = await readTemplate<ScaleSetTemplate>(app, 'scale-set', {
    name: body.template,
    target: 'template',
  });
  const place = await resolvePlace(app, template);
  const owner = newOwner('scale-set', name);
  const row: ScaleSetRow = {
    ...place,
    owner,
    wanted: 'present',
    template: await selectScaleSetImage(app, template, { image: body.image, place }),
    image: body.image,
    templateName: body.template,
    resourceId: scaleSetResourceId(place, name),
    capacity: body.capacity,
    workersPerInstance: body.workersPerInstance,
    environmentVariables: body.environmentVariables,
    guest: body.guest,
    createdAt: new Date(app.clock.now()).toISOString(),
  };
  refuseLongStart(app, row);
  await app.records.insert('resources', { partition: 'scale-set', key: name.toLowerCase(), value: row });
  return row;
}

async function changeCapacity(
  app: App,
  record: NonNullable<Awaited<ReturnType<typeof getResource<'scale-set'>>>>,
  body: ScaleSetRequest,
): Promise<ScaleSetRow> {
  const { templateName, workersPerInstance, environmentVariables, image } = record.value;
  refuseDeleting(record.value);
  refuseChanges({ template: templateName, workersPerInstance, environmentVariables, image }, { ...body });
  refuseChanges({ guest: record.value.guest }, { ...body });
  if (record.value.capacity === body.capacity) return record.value;
  const value = { ...record.value, capacity: body.capacity };
  await app.records.replace('resources', { ...record, value });
  return value;
}

export async function scaleSetView(app: App, row: ScaleSetRow): Promise<ScaleSetView> {
  const status = (await getStatus(app.records, 'scale-set', row.owner)) ?? newScaleSetStatus(row);
  const capacity = { ...status.capacity, desired: row.capacity };
  const isOutdated =
    row.wanted === 'present' && row.capacity !== status.capacity.desired && status.state === 'ready';
  return {
    name: row.owner.name,
    incarnation: row.owner.incarnation,
    state: row.wanted === 'absent' ? 'deleting' : isOutdated ? 'updating' : status.state,
    capacity,
    workers: {
      desired: row.capacity * row.workersPerInstance,
      enrolled: capacity.enrolled * row.workersPerInstance,
    },
    workersPerInstance: row.workersPerInstance,
    template: row.templateName,
    resourceId: row.resourceId,
    createdAt: row.createdAt,
    condition: status.condition,
  };
}

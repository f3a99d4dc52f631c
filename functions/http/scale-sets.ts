import type { HttpResponseInit } from '@azure/functions';
import { ownerKey, ResourceName, ScaleSetRequest } from '../../shared/contracts';
import type { AgentRow } from '../../shared/domain';
import type { App } from '../app';
import { findOwner, wakeOwner } from './owners';
import { accepted, ownerRoutes } from './owner-routes';
import { listPage } from './paging';
import { parseBody, pathParameter, type Call, type Route } from './route';
import { commandOutputRoutes } from './command-output';
import { refuseOutlived } from '../jobs/owned-resources';
import { putScaleSetRow } from './scale-set-changes';
import { growScaleSet } from './scale-set-growth';
import { scaleSetView } from './scale-set-view';
import { waitForScaleSet } from './scale-set-wait';
import { simulateEvictionRoutes } from './simulate-eviction';
import { removeWorker } from './worker-removal';
import { workerViews } from './worker-views';

const collection = 'scale-sets';

export function scaleSetRoutes(app: App): Route[] {
  const one = `${collection}/{name}`;
  return [
    { name: 'putScaleSet', method: 'PUT', path: one, handle: (call) => putScaleSet(app, call) },
    ...ownerRoutes(app, {
      kind: 'scale-set',
      collection,
      noun: 'ScaleSet',
      view: (row) => scaleSetView(app, row),
    }),
    { name: 'growScaleSet', method: 'POST', path: `${one}/grow`, handle: (call) => growScaleSet(app, call) },
    {
      name: 'waitForScaleSet',
      method: 'GET',
      path: `${one}/wait`,
      handle: (call) => waitForScaleSet(app, call),
    },
    {
      name: 'listScaleSetWorkers',
      method: 'GET',
      path: `${one}/workers`,
      handle: (call) => listWorkers(app, call),
    },
    {
      name: 'removeWorker',
      method: 'DELETE',
      path: `${one}/workers/{id}`,
      handle: (call) => removeWorker(app, call),
    },
    ...commandOutputRoutes(app),
    ...simulateEvictionRoutes(app),
  ];
}

async function putScaleSet(app: App, { request, durable, callerJob }: Call): Promise<HttpResponseInit> {
  const name = pathParameter(request, 'name', ResourceName);
  const body = await parseBody(request, ScaleSetRequest);
  const row = await putScaleSetRow(app, name, { body, callerJob });
  await wakeOwner(durable, row.owner);
  await refuseOutlived(app, durable, row);
  return accepted(collection, row.owner, await scaleSetView(app, row));
}

async function listWorkers(app: App, { request }: Call): Promise<HttpResponseInit> {
  const name = pathParameter(request, 'name', ResourceName);
  const { value: row } = await findOwner(app, 'scale-set', { name });
  const now = app.clock.now();
  const jsonBody = await listPage(app, request, {
    table: 'agents',
    top: 1000,
    partition: ownerKey(row.owner),
    views: async (agents: AgentRow[]) =>
      agents.flatMap((agent) => workerViews(agent, row.workersPerInstance, now)),
  });
  return { jsonBody };
}

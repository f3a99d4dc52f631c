import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { ResourceName } from '../../shared/contracts';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { getInstanceRow } from '../records/instances';
import { findOwner } from './owners';
import { pathParameter, type Route } from './route';
import { findWorker } from './worker-removal';

/** Rehearses the loss of a Spot VM: Azure gives notice, then takes the VM away, as it would for want of room. */
export function simulateEvictionRoutes(app: App): Route[] {
  return [
    {
      name: 'simulateEviction',
      method: 'POST',
      path: 'scale-sets/{name}/workers/{id}/simulate-eviction',
      handle: ({ request }) => simulateEviction(app, request),
    },
  ];
}

async function simulateEviction(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const name = pathParameter(request, 'name', ResourceName);
  const id = pathParameter(request, 'id', z.string().min(1).max(300));
  const { value: row } = await findOwner(app, 'scale-set', { name });
  const { value: agent } = (await findWorker(app, row, id)).record;
  if (agent.instance.priority !== 'Spot') {
    const message = `The VM of worker '${id}' has priority ${agent.instance.priority || 'Regular'}: only Spot VMs are evicted.`;
    throw new ApiError(409, 'NotSpot', message);
  }
  // By Azure's own list: what an agent says of itself is no address for a call of ours.
  const instance = await getInstanceRow(app.records, row.owner, agent.agentId);
  if (!instance) throw new ApiError(409, 'WorkerGone', `Azure lists the VM of worker '${id}' no more.`);
  await app.compute.simulateEviction(instance.resourceId);
  return { status: 202, jsonBody: { id, resourceId: instance.resourceId } };
}

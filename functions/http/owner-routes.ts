import type { HttpResponseInit } from '@azure/functions';
import {
  nameKey,
  ownerKey,
  ResourceName,
  type Owner,
  type OwnerKind,
  type TimelineEvent,
} from '../../shared/contracts';
import type { App } from '../app';
import type { RowOf } from '../records/resources';
import { bootLogRoutes } from './boot-logs';
import { handOver } from '../jobs/owned-resources';
import { findOwner, refuseDeleting, requestRemoval } from './owners';
import { listPage } from './paging';
import { pathParameter, type Route } from './route';

/** What differs between scale sets and virtual machines in the calls that both have. */
export interface OwnerResource<Kind extends OwnerKind> {
  kind: Kind;
  /** Last part of the routes' path, e.g. `scale-sets`. */
  collection: string;
  /** Of the registered function names, e.g. `ScaleSet`. */
  noun: string;
  view(row: RowOf[Kind]): Promise<object>;
}

/** GET, list, DELETE, hand-over, the timeline and the boot logs. */
export function ownerRoutes<Kind extends OwnerKind>(app: App, resource: OwnerResource<Kind>): Route[] {
  const { kind, collection, noun, view } = resource;
  const one = `${collection}/{name}`;
  const find = async (request: Parameters<typeof pathParameter>[0]): Promise<RowOf[Kind]> =>
    (await findOwner(app, kind, { name: pathParameter(request, 'name', ResourceName) })).value;
  return [
    {
      name: `get${noun}`,
      method: 'GET',
      path: one,
      handle: async ({ request }) => ({ jsonBody: await view(await find(request)) }),
    },
    {
      name: `list${noun}s`,
      method: 'GET',
      path: collection,
      handle: async ({ request, callerJob }) => ({
        jsonBody: await listPage(app, request, {
          table: 'resources',
          partition: kind,
          views: (rows: RowOf[Kind][]) =>
            Promise.all(
              rows.filter((row) => callerJob === undefined || row.createdByJob === callerJob).map(view),
            ),
        }),
      }),
    },
    {
      name: `remove${noun}`,
      method: 'DELETE',
      path: one,
      handle: async ({ request, durable }) => {
        const name = pathParameter(request, 'name', ResourceName);
        const owner = await requestRemoval(app, durable, { kind, name });
        return accepted(collection, owner, { ...owner, state: 'deleting' });
      },
    },
    {
      name: `list${noun}Events`,
      method: 'GET',
      path: `${one}/events`,
      handle: async ({ request }) => ({
        jsonBody: await listPage(app, request, {
          table: 'timeline',
          top: 1000,
          partition: ownerKey((await find(request)).owner),
          views: async (events: TimelineEvent[]) => events,
        }),
      }),
    },
    {
      name: `handOver${noun}`,
      method: 'POST',
      path: `${one}/hand-over`,
      handle: async ({ request }) => {
        const name = pathParameter(request, 'name', ResourceName);
        const { value: row } = await findOwner(app, kind, { name });
        refuseDeleting(row);
        await handOver(app, { kind, name });
        return { jsonBody: await view(await find(request)) };
      },
    },
    ...bootLogRoutes(app, resource),
  ];
}

/** 202: what is wanted is kept; how it comes about is told by GET. */
export function accepted(collection: string, owner: Owner, jsonBody: object): HttpResponseInit {
  const headers = { Location: `/api/${collection}/${nameKey(owner.name)}`, 'Retry-After': '2' };
  return { status: 202, headers, jsonBody };
}

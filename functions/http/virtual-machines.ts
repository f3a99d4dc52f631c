import type { HttpResponseInit } from '@azure/functions';
import {
  nameKey,
  ResourceName,
  UnnamedVirtualMachineRequest,
  VirtualMachineRequest,
} from '../../shared/contracts';
import type { VirtualMachineRow } from '../../shared/domain';
import type { App } from '../app';
import { getResource } from '../records/resources';
import { refuseChanges, refuseDeleting, wakeOwner } from './owners';
import { accepted, ownerRoutes } from './owner-routes';
import { idempotencyKey, parseBody, pathParameter, type Call, type Route } from './route';
import { makeVirtualMachineRow, ownName } from './virtual-machine-rows';
import { virtualMachineView } from './virtual-machine-view';
import { waitForVirtualMachine } from './virtual-machine-wait';

const collection = 'virtual-machines';

export function virtualMachineRoutes(app: App): Route[] {
  return [
    {
      name: 'putVirtualMachine',
      method: 'PUT',
      path: 'virtual-machines/{name}',
      handle: (call) => putVirtualMachine(app, call),
    },
    {
      name: 'postVirtualMachine',
      method: 'POST',
      path: collection,
      handle: (call) => postVirtualMachine(app, call),
    },
    {
      name: 'waitForVirtualMachine',
      method: 'GET',
      path: 'virtual-machines/{name}/wait',
      handle: (call) => waitForVirtualMachine(app, call),
    },
    ...ownerRoutes(app, {
      kind: 'virtual-machine',
      collection,
      noun: 'VirtualMachine',
      view: (row) => virtualMachineView(app, row),
    }),
  ];
}

async function putVirtualMachine(app: App, { request, durable }: Call): Promise<HttpResponseInit> {
  const name = pathParameter(request, 'name', ResourceName);
  const body = await parseBody(request, VirtualMachineRequest);
  const record = await getResource(app.records, 'virtual-machine', name);
  const row = record ? sameAsBefore(record.value, body) : await createRow(app, name, body);
  await wakeOwner(durable, row.owner);
  return accepted(collection, row.owner, await virtualMachineView(app, row));
}

function sameAsBefore(row: VirtualMachineRow, body: VirtualMachineRequest): VirtualMachineRow {
  refuseDeleting(row);
  const names = Object.keys(VirtualMachineRequest.shape) as (keyof VirtualMachineRequest)[];
  refuseChanges(Object.fromEntries(names.map((name) => [name, row.request[name]])), { ...body });
  return row;
}

async function createRow(app: App, name: string, body: VirtualMachineRequest): Promise<VirtualMachineRow> {
  const value = await makeVirtualMachineRow(app, name, body);
  await app.records.insert('resources', { partition: 'virtual-machine', key: nameKey(name), value });
  return value;
}

/** With an Idempotency-Key the name follows from it, so that a repeat is the same VM. */
async function postVirtualMachine(app: App, { request, durable }: Call): Promise<HttpResponseInit> {
  const { basename, ...body } = await parseBody(request, UnnamedVirtualMachineRequest);
  const name = ownName(basename, idempotencyKey(request));
  const record = await getResource(app.records, 'virtual-machine', name);
  const row = record ? sameAsBefore(record.value, body) : await createRow(app, name, body);
  await wakeOwner(durable, row.owner);
  return accepted(collection, row.owner, await virtualMachineView(app, row));
}

import type { HttpResponseInit } from '@azure/functions';
import {
  nameKey,
  ResourceName,
  UnnamedVirtualMachineRequest,
  VirtualMachineRequest,
} from '../../shared/contracts';
import type { VirtualMachineRow } from '../../shared/domain';
import type { App } from '../app';
import { refuseOutlived } from '../jobs/owned-resources';
import { getResource } from '../records/resources';
import { createdBy, refuseOthers } from './job-access';
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

async function putVirtualMachine(app: App, call: Call): Promise<HttpResponseInit> {
  const name = pathParameter(call.request, 'name', ResourceName);
  return putRow(app, call, { name, body: await parseBody(call.request, VirtualMachineRequest) });
}

async function putRow(
  app: App,
  { durable, callerJob }: Call,
  { name, body }: { name: string; body: VirtualMachineRequest },
): Promise<HttpResponseInit> {
  const record = await getResource(app.records, 'virtual-machine', name);
  if (record) refuseOthers(record.value, { callerJob });
  const row = record
    ? sameAsBefore(record.value, body)
    : await createRow(app, {
        ...(await makeVirtualMachineRow(app, name, body)),
        ...createdBy({ callerJob }),
      });
  await wakeOwner(durable, row.owner);
  await refuseOutlived(app, durable, row);
  return accepted(collection, row.owner, await virtualMachineView(app, row));
}

function sameAsBefore(row: VirtualMachineRow, body: VirtualMachineRequest): VirtualMachineRow {
  refuseDeleting(row);
  const names = Object.keys(VirtualMachineRequest.shape) as (keyof VirtualMachineRequest)[];
  refuseChanges(Object.fromEntries(names.map((name) => [name, row.request[name]])), { ...body });
  return row;
}

async function createRow(app: App, value: VirtualMachineRow): Promise<VirtualMachineRow> {
  const key = nameKey(value.owner.name);
  await app.records.insert('resources', { partition: 'virtual-machine', key, value });
  return value;
}

/** With an Idempotency-Key the name follows from it, so that a repeat is the same VM. */
async function postVirtualMachine(app: App, call: Call): Promise<HttpResponseInit> {
  const { basename, ...body } = await parseBody(call.request, UnnamedVirtualMachineRequest);
  return putRow(app, call, { name: ownName(basename, idempotencyKey(call)), body });
}

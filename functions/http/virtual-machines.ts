import type { HttpResponseInit } from '@azure/functions';
import {
  ResourceName,
  VirtualMachineRequest,
  type NetworkInterfaceTemplate,
  type VirtualMachineTemplate,
  type VirtualMachineView,
} from '../../shared/contracts';
import { virtualMachineResourceId, type VirtualMachineRow } from '../../shared/domain';
import type { App } from '../app';
import { newVirtualMachineStatus } from '../activities/observe-virtual-machine';
import { getResource, getStatus, listAgents } from '../records/resources';
import {
  collectionPath,
  findOwner,
  listTimeline,
  newOwner,
  refuseChanges,
  refuseDeleting,
  requestRemoval,
  resolvePlace,
  wakeOwner,
} from './owners';
import { parseBody, pathParameter, type Call, type Route } from './route';
import { readTemplate } from './templates';
import { workerViews } from './worker-views';

export function virtualMachineRoutes(app: App): Route[] {
  return [
    {
      name: 'putVirtualMachine',
      method: 'PUT',
      path: 'virtual-machines/{name}',
      handle: (call) => putVirtualMachine(app, call),
    },
    {
      name: 'getVirtualMachine',
      method: 'GET',
      path: 'virtual-machines/{name}',
      handle: async ({ request }) => {
        const { value } = await findOwner(app, 'virtual-machine', {
          name: pathParameter(request, 'name', ResourceName),
        });
        return { jsonBody: await virtualMachineView(app, value) };
      },
    },
    {
      name: 'listVirtualMachines',
      method: 'GET',
      path: 'virtual-machines',
      handle: async () => {
        const rows = await app.records.list<VirtualMachineRow>('resources', 'virtual-machine');
        return {
          jsonBody: { value: await Promise.all(rows.map((row) => virtualMachineView(app, row.value))) },
        };
      },
    },
    {
      name: 'removeVirtualMachine',
      method: 'DELETE',
      path: 'virtual-machines/{name}',
      handle: async ({ request, durable }) => {
        const name = pathParameter(request, 'name', ResourceName);
        const owner = await requestRemoval(app, durable, { kind: 'virtual-machine', name });
        return accepted(owner.name, { name: owner.name, incarnation: owner.incarnation, state: 'deleting' });
      },
    },
    {
      name: 'listVirtualMachineEvents',
      method: 'GET',
      path: 'virtual-machines/{name}/events',
      handle: async ({ request }) => {
        const { value } = await findOwner(app, 'virtual-machine', {
          name: pathParameter(request, 'name', ResourceName),
        });
        return { jsonBody: { value: await listTimeline(app, value.owner) } };
      },
    },
  ];
}

async function putVirtualMachine(app: App, { request, durable }: Call): Promise<HttpResponseInit> {
  const name = pathParameter(request, 'name', ResourceName);
  const body = await parseBody(request, VirtualMachineRequest);
  const record = await getResource(app.records, 'virtual-machine', name);
  const row = record ? sameAsBefore(record.value, body) : await createRow(app, name, body);
  await wakeOwner(durable, row.owner);
  return accepted(row.owner.name, await virtualMachineView(app, row));
}

function sameAsBefore(row: VirtualMachineRow, body: VirtualMachineRequest): VirtualMachineRow {
  refuseDeleting(row);
  const { templateName, networkInterfaceTemplateName, workersPerInstance, environmentVariables } = row;
  const kept = {
    template: templateName,
    networkInterfaceTemplate: networkInterfaceTemplateName,
    workersPerInstance,
    environmentVariables,
  };
  refuseChanges(kept, { ...body });
  return row;
}

async function createRow(app: App, name: string, body: VirtualMachineRequest): Promise<VirtualMachineRow> {
  const template = await readTemplate<VirtualMachineTemplate>(app, 'virtual-machine', {
    name: body.template,
    target: 'template',
  });
  const networkInterfaceTemplate = await readTemplate<NetworkInterfaceTemplate>(app, 'network-interface', {
    name: body.networkInterfaceTemplate,
    target: 'networkInterfaceTemplate',
  });
  const place = await resolvePlace(app, template);
  const row: VirtualMachineRow = {
    ...place,
    owner: newOwner('virtual-machine', name),
    wanted: 'present',
    template,
    templateName: body.template,
    networkInterfaceTemplate,
    networkInterfaceTemplateName: body.networkInterfaceTemplate,
    resourceId: virtualMachineResourceId(place, name),
    workersPerInstance: body.workersPerInstance,
    environmentVariables: body.environmentVariables,
    createdAt: new Date(app.clock.now()).toISOString(),
  };
  await app.records.insert('resources', {
    partition: 'virtual-machine',
    key: name.toLowerCase(),
    value: row,
  });
  return row;
}

async function virtualMachineView(app: App, row: VirtualMachineRow): Promise<VirtualMachineView> {
  const status = (await getStatus(app.records, 'virtual-machine', row.owner)) ?? newVirtualMachineStatus(row);
  const agents = await listAgents(app.records, row.owner);
  const now = app.clock.now();
  return {
    name: row.owner.name,
    incarnation: row.owner.incarnation,
    state: row.wanted === 'absent' ? 'deleting' : status.state,
    template: row.templateName,
    resourceId: row.resourceId,
    privateIpAddress: status.privateIpAddress,
    workersPerInstance: row.workersPerInstance,
    workers: agents.flatMap((agent) => workerViews(agent, row.workersPerInstance, now)),
    createdAt: row.createdAt,
    condition: status.condition,
  };
}

function accepted(name: string, jsonBody: object): HttpResponseInit {
  return {
    status: 202,
    headers: { Location: collectionPath('virtual-machine', name), 'Retry-After': '2' },
    jsonBody,
  };
}

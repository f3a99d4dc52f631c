import type { HttpResponseInit } from '@azure/functions';
import {
  ResourceName,
  VirtualMachineRequest,
  type NetworkInterfaceTemplate,
  type VirtualMachineTemplate,
  type VirtualMachineView,
} from '../../shared/contracts';
import { applyToVirtualMachine, virtualMachineResourceId, type VirtualMachineRow } from '../../shared/domain';
import type { App } from '../app';
import { newVirtualMachineStatus } from '../activities/observe-virtual-machine';
import { getResource, getStatus, listAgents } from '../records/resources';
import { keepEnvironment } from './environments';
import { selectVirtualMachineImage } from './image-selection';
import { newOwner, refuseChanges, refuseDeleting, resolvePlace, variablesOf, wakeOwner } from './owners';
import { refuseLongStart } from './start-up-text';
import { accepted, ownerRoutes } from './owner-routes';
import { parseBody, pathParameter, type Call, type Route } from './route';
import { readTemplate } from './templates';
import { workerViews } from './worker-views';

const collection = 'virtual-machines';

export function virtualMachineRoutes(app: App): Route[] {
  return [
    {
      name: 'putVirtualMachine',
      method: 'PUT',
      path: 'virtual-machines/{name}',
      handle: (call) => putVirtualMachine(app, call),
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
  const template = await readTemplate<VirtualMachineTemplate>(app, 'virtual-machine', {
    name: body.template,
    target: 'template',
  });
  const networkInterfaceTemplate = await readTemplate<NetworkInterfaceTemplate>(app, 'network-interface', {
    name: body.networkInterfaceTemplate,
    target: 'networkInterfaceTemplate',
  });
  const { subscriptionId = template.subscriptionId, resourceGroup = template.resourceGroup } = body;
  const place = await resolvePlace(app, { subscriptionId, resourceGroup });
  const row: VirtualMachineRow = {
    ...place,
    owner: newOwner('virtual-machine', name),
    wanted: 'present',
    template: await selectVirtualMachineImage(app, applyToVirtualMachine(template, body), {
      image: body.image,
      place,
    }),
    request: body,
    templateName: body.template,
    networkInterfaceTemplate,
    networkInterfaceTemplateName: body.networkInterfaceTemplate,
    resourceId: virtualMachineResourceId(place, name),
    workersPerInstance: body.workersPerInstance,
    environmentVariables: variablesOf(body),
    guest: body.guest ?? template.guest,
    environment: await keepEnvironment(app, body.environment),
    createdAt: new Date(app.clock.now()).toISOString(),
  };
  refuseLongStart(app, row);
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
  const { environmentVariables: _, ...request } = row.request;
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
    request,
  };
}

import type { VirtualMachineView } from '../../shared/contracts';
import { ownedByJob, type VirtualMachineRow } from '../../shared/domain';
import { newVirtualMachineStatus } from '../activities/observe-virtual-machine';
import type { App } from '../app';
import { getStatus, listAgents } from '../records/resources';
import { workerViews } from './worker-views';

export async function virtualMachineView(app: App, row: VirtualMachineRow): Promise<VirtualMachineView> {
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
    ownedByJob: ownedByJob(row) ?? null,
    createdAt: row.createdAt,
    condition: status.condition,
    request,
  };
}

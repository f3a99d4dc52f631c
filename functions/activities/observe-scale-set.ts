import { ownerKey, type Owner } from '../../shared/contracts';
import {
  agentStateAt,
  ownerTag,
  type LookSettings,
  type ObservedAgent,
  type ObservedInstance,
  type ScaleSetRow,
  type ScaleSetSnapshot,
  type ScaleSetStatus,
} from '../../shared/domain';
import type { App } from '../app';
import { getIncarnation, getStatus, listAgents } from '../records/resources';
import { lookSettings } from '../settings';
import { observe, pollOperation } from './attempt';
import { azureScaleSet } from './scale-set';

/** One look at a scale set: its rows, Azure's list of its VMs (in bulk, never VM by VM), and who has called. */
export function createObserveScaleSet(app: App) {
  return async ({
    owner,
  }: {
    owner: Owner;
  }): Promise<{ snapshot: ScaleSetSnapshot; settings: LookSettings }> => {
    const settings = lookSettings(app.config);
    const row = await getIncarnation(app.records, 'scale-set', owner);
    const status = (await getStatus(app.records, 'scale-set', owner)) ?? newScaleSetStatus(row);
    const nothing = { azure: null, instances: [], operation: null };
    if (!row) return { snapshot: { desired: null, status, agents: [], failure: null, ...nothing }, settings };
    const agents = (await listAgents(app.records, owner)).map((agent): ObservedAgent => ({
      agentId: agent.agentId,
      state: agentStateAt(agent, app.clock.now()),
      lastSeenAt: agent.lastSeenAt,
      runningTasks: Object.keys(agent.running).length,
    }));
    const { wanted, capacity, workersPerInstance } = row;
    const seen = await observe(() => lookAtAzure(app, row, status), nothing);
    return {
      snapshot: {
        desired: { wanted, capacity, workersPerInstance },
        status,
        agents,
        ...seen.value,
        failure: seen.failure,
      },
      settings,
    };
  };
}

async function lookAtAzure(
  app: App,
  row: ScaleSetRow,
  status: ScaleSetStatus,
): Promise<Pick<ScaleSetSnapshot, 'azure' | 'instances' | 'operation'>> {
  // The operation first: what is read after it shows what it has done.
  const operation = await pollOperation(app.compute, row.subscriptionId, status.operation);
  const scaleSet = await app.compute.getScaleSet(azureScaleSet(row));
  if (!scaleSet) return { azure: null, instances: [], operation };
  const listed = await app.compute.listInstances(azureScaleSet(row));
  const instances = listed.map((instance): ObservedInstance => ({
    instanceId: instance.instanceId,
    vmId: instance.vmId.toLowerCase(),
    provisioningState: instance.provisioningState,
    createdAt: instance.timeCreated,
  }));
  const isOurs = scaleSet.tags[ownerTag] === ownerKey(row.owner);
  return {
    azure: { provisioningState: scaleSet.provisioningState, capacity: scaleSet.capacity, isOurs },
    instances,
    operation,
  };
}

export function newScaleSetStatus(row: ScaleSetRow | undefined): ScaleSetStatus {
  return {
    state: 'creating',
    condition: null,
    resourceId: row?.resourceId ?? '',
    operation: null,
    failures: 0,
    retryAt: null,
    capacity: { desired: row?.capacity ?? 0, provisioned: 0, enrolled: 0 },
    capacityWrittenAt: null,
  };
}

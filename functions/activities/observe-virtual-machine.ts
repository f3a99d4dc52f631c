import { ownerKey, type Owner } from '../../shared/contracts';
import {
  agentStateAt,
  mergeInstances,
  ownerTag,
  virtualMachineAzureName,
  type AgentRow,
  type ListedInstance,
  type LookSettings,
  type VirtualMachineRow,
  type VirtualMachineSnapshot,
  type VirtualMachineStatus,
} from '../../shared/domain';
import type { App } from '../app';
import { listInstanceRows, saveInstanceRows } from '../records/instances';
import { getIncarnation, getStatus, listAgents } from '../records/resources';
import { lookSettings } from '../settings';
import { observe, pollOperation } from './attempt';
import { azureNetworkInterface, azureVirtualMachine } from './virtual-machine';

type Seen = Pick<
  VirtualMachineSnapshot,
  'networkInterface' | 'virtualMachine' | 'leftoverDiskIds' | 'operation'
>;
const nothing: Seen = { networkInterface: null, virtualMachine: null, leftoverDiskIds: [], operation: null };

/** One look at a detached VM: its rows, its parts in Azure, and its agent. */
export function createObserveVirtualMachine(app: App) {
  return async ({
    owner,
  }: {
    owner: Owner;
  }): Promise<{ snapshot: VirtualMachineSnapshot; settings: LookSettings }> => {
    const settings = lookSettings(app.config);
    const row = await getIncarnation(app.records, 'virtual-machine', owner);
    const status = (await getStatus(app.records, 'virtual-machine', owner)) ?? newVirtualMachineStatus(row);
    if (!row)
      return { snapshot: { desired: null, status, agent: null, failure: null, ...nothing }, settings };
    const seen = await observe(() => lookAtAzure(app, row, status), nothing);
    await keepInstance(app, row, seen.value);
    const agents = await listAgents(app.records, owner);
    const agent = pickAgent(agents, { vmId: seen.value.virtualMachine?.vmId, now: app.clock.now() });
    const desired = { wanted: row.wanted };
    return { snapshot: { desired, status, agent, ...seen.value, failure: seen.failure }, settings };
  };
}

/** The VM that Azure has now may enrol; an earlier one of this incarnation may not. */
async function keepInstance(app: App, row: VirtualMachineRow, { virtualMachine }: Seen): Promise<void> {
  if (!virtualMachine?.isOurs) return;
  const { vmId, provisioningState } = virtualMachine;
  const known = await listInstanceRows(app.records, row.owner);
  const listed: ListedInstance = {
    vmId,
    instanceId: '',
    name: virtualMachineAzureName(row.owner.name),
    resourceId: row.resourceId,
    provisioningState,
    createdAt: null,
    priority: row.template.value.properties.priority === 'Spot' ? 'Spot' : 'Regular',
    zone: row.template.value.zones?.[0] ?? '',
  };
  const changes = mergeInstances(known, [listed], new Date(app.clock.now()));
  await saveInstanceRows(app.records, row.owner, changes);
}

async function lookAtAzure(app: App, row: VirtualMachineRow, status: VirtualMachineStatus): Promise<Seen> {
  const operation = await pollOperation(app.compute, row.subscriptionId, status.operation);
  const tag = ownerKey(row.owner);
  const vm = await app.compute.getVirtualMachine(azureVirtualMachine(row));
  const nic = await app.network.getNetworkInterface(azureNetworkInterface(row));
  // Disks are asked for only on the way down: while the VM is there they are its own business.
  const isGoing = row.wanted === 'absent' || status.isRollingBack;
  const leftoverDiskIds =
    vm || !isGoing ? [] : await app.compute.listDisks(row, { name: ownerTag, value: tag });
  return {
    operation,
    leftoverDiskIds,
    virtualMachine: vm
      ? {
          provisioningState: vm.provisioningState,
          isOurs: vm.tags[ownerTag] === tag,
          vmId: vm.vmId.toLowerCase(),
        }
      : null,
    networkInterface: nic
      ? {
          provisioningState: nic.provisioningState,
          isOurs: nic.tags[ownerTag] === tag,
          privateIpAddress: nic.privateIpAddress,
        }
      : null,
  };
}

/** The agent of the VM that Azure has now; an earlier VM of this incarnation may have left a row. */
function pickAgent(
  agents: AgentRow[],
  { vmId, now }: { vmId: string | undefined; now: number },
): VirtualMachineSnapshot['agent'] {
  const agent = agents.find((candidate) => candidate.agentId === vmId) ?? agents[0];
  if (!agent) return null;
  const { agentId, lastSeenAt, preparation = null, stage = null } = agent;
  return { agentId, state: agentStateAt(agent, now), preparation, lastSeenAt, stage };
}

export function newVirtualMachineStatus(row: VirtualMachineRow | undefined): VirtualMachineStatus {
  return {
    state: 'creating',
    condition: null,
    resourceId: row?.resourceId ?? '',
    operation: null,
    failures: 0,
    retryAt: null,
    privateIpAddress: null,
    isRollingBack: false,
    failure: null,
    bootSince: null,
  };
}

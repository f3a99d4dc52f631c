import { randomBytes } from 'node:crypto';
import type { Azure } from '../../azure';
import { resourceGroupOf } from '../../resource-manager/resource-id';
import {
  SCALE_SET_VMS,
  VIRTUAL_MACHINES,
  type Priority,
  type ScaleSet,
  type VirtualMachine,
  type VirtualMachineModel,
} from './models';
import { createVirtualMachine } from './vm-create';
import { instancesOf } from './vm-power';

const COMPUTER_NAME_DIGITS = 6;

export interface InstanceWish {
  priority: Priority | undefined;
  isSurplus: boolean;
}

/** The zone with the fewest instances, so that a set spread over zones stays balanced. */
function pickZone(azure: Azure, set: ScaleSet): string | undefined {
  const counts = new Map((set.zones ?? []).map((zone) => [zone, 0]));
  for (const vm of instancesOf(azure, set)) {
    const zone = vm.zones?.[0];
    if (zone !== undefined) counts.set(zone, (counts.get(zone) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => a[1] - b[1])[0]?.[0];
}

/** One VM of the set, made from the model as it is now. */
export function createInstance(azure: Azure, set: ScaleSet, wish: InstanceWish): VirtualMachine {
  const model = structuredClone(set.properties.virtualMachineProfile ?? {});
  if (wish.priority !== undefined) applyPriority(model, wish.priority);
  const zone = pickZone(azure, set);
  const faultDomain =
    instancesOf(azure, set).length % Math.max(1, set.properties.platformFaultDomainCount ?? 5);
  const shared = {
    location: set.location ?? '',
    tags: { ...set.tags },
    ...(zone === undefined ? {} : { zones: [zone] }),
    ...(set.identity ? { identity: structuredClone(set.identity) } : {}),
    faultDomain,
    isSurplus: wish.isSurplus,
    modelVersion: set.state.modelVersion,
    secrets: { customData: set.state.customData, userData: set.state.userData },
  };
  return set.properties.orchestrationMode === 'Uniform'
    ? createUniform(azure, set, { model, shared })
    : createFlexible(azure, set, { model, shared });
}

type Shared = Pick<VirtualMachine, 'location' | 'tags' | 'zones' | 'identity'> & {
  faultDomain: number;
  isSurplus: boolean;
  modelVersion: number;
  secrets: { customData: string; userData: string };
};

interface Blueprint {
  model: VirtualMachineModel;
  shared: Shared;
}

/** Spot and Regular VMs of a priority mix come from one model; only Spot ones keep the spot-only members. */
function applyPriority(model: VirtualMachineModel, priority: Priority): void {
  model.priority = priority;
  if (priority !== 'Regular') return;
  delete model.evictionPolicy;
  delete model.billingProfile;
}

function createUniform(azure: Azure, set: ScaleSet, { model, shared }: Blueprint): VirtualMachine {
  const instanceId = String(set.state.nextInstanceId++);
  const { networkProfile, osProfile, extensionProfile: _extensions, ...rest } = model;
  const { computerNamePrefix = set.name, ...os } = osProfile ?? {};
  const digits = Number(instanceId).toString(36).padStart(COMPUTER_NAME_DIGITS, '0');
  for (const disk of rest.storageProfile?.dataDisks ?? []) disk.toBeDetached ??= false;
  return createVirtualMachine(azure, {
    name: `${set.name}_${instanceId}`,
    id: `${set.id}/virtualMachines/${instanceId}`,
    type: SCALE_SET_VMS,
    ...shared,
    instanceId,
    sku: { name: set.sku?.name ?? '', tier: set.sku?.tier ?? 'Standard' },
    properties: {
      latestModelApplied: true,
      modelDefinitionApplied: 'VirtualMachineScaleSet',
      networkProfileConfiguration: {
        networkInterfaceConfigurations: networkProfile?.networkInterfaceConfigurations ?? [],
      },
      hardwareProfile: { vmSize: set.sku?.name ?? '' },
      ...rest,
      ...(osProfile ? { osProfile: { ...os, computerName: `${computerNamePrefix}${digits}` } } : {}),
    },
  });
}

function createFlexible(azure: Azure, set: ScaleSet, { model, shared }: Blueprint): VirtualMachine {
  const name = `${set.name}_${randomBytes(4).toString('hex')}`;
  const { osProfile, extensionProfile: _extensions, ...rest } = model;
  const { computerNamePrefix = set.name, ...os } = osProfile ?? {};
  const digits = randomBytes(4)
    .readUInt32BE()
    .toString(36)
    .padStart(COMPUTER_NAME_DIGITS, '0')
    .slice(-COMPUTER_NAME_DIGITS)
    .toUpperCase();
  const { osDisk, dataDisks } = rest.storageProfile ?? {};
  for (const disk of [osDisk, ...(dataDisks ?? [])]) if (disk) disk.deleteOption ??= 'Delete';
  return createVirtualMachine(azure, {
    name,
    id: `/subscriptions/${azure.subscriptionId}/resourceGroups/${resourceGroupOf(set.id)}/providers/${VIRTUAL_MACHINES}/${name}`,
    type: VIRTUAL_MACHINES,
    ...shared,
    properties: {
      hardwareProfile: { vmSize: set.sku?.name ?? '' },
      virtualMachineScaleSet: { id: set.id },
      ...rest,
      ...(osProfile ? { osProfile: { ...os, computerName: `${computerNamePrefix}${digits}` } } : {}),
    },
  });
}

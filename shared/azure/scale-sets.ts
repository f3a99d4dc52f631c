import type { VirtualMachine, VirtualMachineScaleSetVM } from '@azure/arm-compute';
import type { AzureResource, Compute, InstanceObservation } from '../ports';
import type { Arm } from './arm';
import { submit } from './operations';
import { isSameId, listIfThere, readIfThere, scaleSetIdOf, submitUnlessGone } from './resource-reading';
import { toScaleSetModel } from './scale-set-model';
import { CloudFailure } from '../errors';

type Mode = 'Uniform' | 'Flexible';
type ScaleSets = Pick<
  Compute,
  'createScaleSet' | 'getScaleSet' | 'listInstances' | 'setCapacity' | 'deleteInstances' | 'deleteScaleSet'
>;

export function createScaleSets(arm: Arm): ScaleSets {
  const client = ({ subscriptionId }: AzureResource) => arm.compute(subscriptionId);
  /** Fixed for a scale set's life; remembered, as every list would else cost a read of the set's small bucket. */
  const modes = new Map<string, Mode>();
  const remember = (scaleSet: AzureResource, mode: Mode) =>
    modes.set(scaleSetIdOf(scaleSet).toLowerCase(), mode);

  const getScaleSet: ScaleSets['getScaleSet'] = async (scaleSet) => {
    const { resourceGroup, name } = scaleSet;
    const sets = client(scaleSet).virtualMachineScaleSets;
    const found = await readIfThere(() => sets.get(resourceGroup, name, arm.callOptions()));
    if (!found) return undefined;
    const orchestrationMode = found.orchestrationMode === 'Flexible' ? 'Flexible' : 'Uniform';
    remember(scaleSet, orchestrationMode);
    return {
      resourceId: found.id ?? scaleSetIdOf(scaleSet),
      provisioningState: found.provisioningState ?? '',
      capacity: found.sku?.capacity ?? 0,
      orchestrationMode,
      tags: found.tags ?? {},
    };
  };

  const listInstances: ScaleSets['listInstances'] = async (scaleSet) => {
    const remembered = modes.get(scaleSetIdOf(scaleSet).toLowerCase());
    const mode = remembered ?? (await getScaleSet(scaleSet))?.orchestrationMode;
    if (!mode) return [];
    return mode === 'Flexible' ? listFlexible(arm, scaleSet) : listUniform(arm, scaleSet);
  };

  const submitDeletion = (scaleSet: AzureResource, instanceIds: string[]) =>
    submitUnlessGone(() =>
      submit(arm, (options) =>
        client(scaleSet).virtualMachineScaleSets.deleteInstances(
          scaleSet.resourceGroup,
          scaleSet.name,
          { instanceIds },
          { ...options, forceDeletion: true },
        ),
      ),
    );

  return {
    getScaleSet,
    listInstances,

    async createScaleSet(scaleSet, options) {
      const { resourceGroup, name } = scaleSet;
      const model = toScaleSetModel(name, options);
      remember(scaleSet, options.body.properties.orchestrationMode);
      return submit(arm, (call) =>
        client(scaleSet).virtualMachineScaleSets.createOrUpdate(resourceGroup, name, model, call),
      );
    },

    async setCapacity(scaleSet, { capacity, customData }) {
      const { resourceGroup, name } = scaleSet;
      const update = { sku: { capacity }, virtualMachineProfile: { osProfile: { customData } } };
      return submit(arm, (call) =>
        client(scaleSet).virtualMachineScaleSets.update(resourceGroup, name, update, call),
      );
    },

    async deleteInstances(scaleSet, instanceIds) {
      if (instanceIds.length === 0) return null;
      try {
        return await submitDeletion(scaleSet, instanceIds);
      } catch (error) {
        // Azure refuses the whole call where one id is gone ("not an active Virtual Machine Scale Set VM instanceId").
        if (!(error instanceof CloudFailure) || error.details.statusCode !== 400) throw error;
        const present = new Set((await listInstances(scaleSet)).map(({ instanceId }) => instanceId));
        const left = instanceIds.filter((id) => present.has(id));
        if (left.length === instanceIds.length) throw error;
        return left.length === 0 ? null : submitDeletion(scaleSet, left);
      }
    },

    async deleteScaleSet(scaleSet) {
      const { resourceGroup, name } = scaleSet;
      return submitUnlessGone(() =>
        submit(arm, (call) =>
          client(scaleSet).virtualMachineScaleSets.delete(resourceGroup, name, {
            ...call,
            forceDeletion: true,
          }),
        ),
      );
    },
  };
}

async function listUniform(arm: Arm, scaleSet: AzureResource): Promise<InstanceObservation[]> {
  const { subscriptionId, resourceGroup, name } = scaleSet;
  const instances = arm.compute(subscriptionId).virtualMachineScaleSetVMs;
  const found = await listIfThere(() => instances.list(resourceGroup, name, arm.callOptions()));
  return found.map((instance) => observe(instance, instance.instanceId));
}

/** Instances of a Flexible set are plain VMs of the group that name their set. */
async function listFlexible(arm: Arm, scaleSet: AzureResource): Promise<InstanceObservation[]> {
  const id = scaleSetIdOf(scaleSet);
  const filter = `'virtualMachineScaleSet/id' eq '${id}'`;
  const machines = arm.compute(scaleSet.subscriptionId).virtualMachines;
  const found = await listIfThere(() =>
    machines.list(scaleSet.resourceGroup, { ...arm.callOptions(), filter }),
  );
  return found
    .filter((machine) => isSameId(machine.virtualMachineScaleSet?.id, id))
    .map((machine) => observe(machine, machine.name));
}

function observe(
  instance: VirtualMachineScaleSetVM | VirtualMachine,
  instanceId: string | undefined,
): InstanceObservation {
  return {
    instanceId: instanceId ?? '',
    resourceId: instance.id ?? '',
    name: instance.name ?? '',
    vmId: instance.vmId ?? '',
    provisioningState: instance.provisioningState ?? '',
    timeCreated: instance.timeCreated?.toISOString() ?? null,
  };
}

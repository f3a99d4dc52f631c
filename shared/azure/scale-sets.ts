import { CloudFailure } from '../errors';
import type { AzureResource, Compute } from '../ports';
import type { Arm } from './arm';
import { submit } from './operations';
import { readIfThere, scaleSetIdOf, submitUnlessGone } from './resource-reading';
import { listFlexible, listUniform } from './scale-set-instances';
import { toScaleSetModel } from './scale-set-model';

type Reads = Pick<Compute, 'getScaleSet' | 'listInstances'>;
type Writes = Pick<Compute, 'createScaleSet' | 'setCapacity' | 'deleteInstances' | 'deleteScaleSet'>;

/** Modes of scale sets, fixed for a set's life; else every list would cost a read of the set's small bucket. */
type Modes = Map<string, 'Uniform' | 'Flexible'>;

export function createScaleSets(arm: Arm): Reads & Writes {
  const modes: Modes = new Map();
  const reads = createReads(arm, modes);
  return { ...reads, ...createWrites(arm, modes, reads) };
}

function createReads(arm: Arm, modes: Modes): Reads {
  const getScaleSet: Reads['getScaleSet'] = async (scaleSet) => {
    const { subscriptionId, resourceGroup, name } = scaleSet;
    const sets = arm.compute(subscriptionId).virtualMachineScaleSets;
    const found = await readIfThere(() => sets.get(resourceGroup, name, arm.callOptions()));
    if (!found) {
      modes.delete(keyOf(scaleSet));
      return undefined;
    }
    const orchestrationMode = found.orchestrationMode === 'Flexible' ? 'Flexible' : 'Uniform';
    modes.set(keyOf(scaleSet), orchestrationMode);
    return {
      resourceId: found.id ?? scaleSetIdOf(scaleSet),
      provisioningState: found.provisioningState ?? '',
      capacity: found.sku?.capacity ?? 0,
      orchestrationMode,
      zones: found.zones ?? [],
      tags: found.tags ?? {},
    };
  };
  return {
    getScaleSet,
    async listInstances(scaleSet) {
      const mode = modes.get(keyOf(scaleSet)) ?? (await getScaleSet(scaleSet))?.orchestrationMode;
      if (!mode) return { instances: [], pages: 1 };
      return mode === 'Flexible' ? listFlexible(arm, scaleSet) : listUniform(arm, scaleSet);
    },
  };
}

function createWrites(arm: Arm, modes: Modes, reads: Reads): Writes {
  const sets = ({ subscriptionId }: AzureResource) => arm.compute(subscriptionId).virtualMachineScaleSets;
  const forceDeletion = true;

  const submitDeletion = (scaleSet: AzureResource, instanceIds: string[]) => {
    const { resourceGroup, name } = scaleSet;
    return submitUnlessGone(() =>
      submit(arm, (call) =>
        sets(scaleSet).deleteInstances(resourceGroup, name, { instanceIds }, { ...call, forceDeletion }),
      ),
    );
  };

  return {
    async createScaleSet(scaleSet, options) {
      const { resourceGroup, name } = scaleSet;
      const model = toScaleSetModel(name, options);
      modes.set(keyOf(scaleSet), options.body.properties.orchestrationMode);
      return submit(arm, (call) => sets(scaleSet).createOrUpdate(resourceGroup, name, model, call));
    },

    async setCapacity(scaleSet, { capacity, customData, size, priorityMix }) {
      const { resourceGroup, name } = scaleSet;
      const update = {
        sku: { capacity, ...(size !== undefined && { name: size }) },
        virtualMachineProfile: { osProfile: { customData } },
        priorityMixPolicy: priorityMix,
      };
      return submit(arm, (call) => sets(scaleSet).update(resourceGroup, name, update, call));
    },

    async deleteInstances(scaleSet, instanceIds) {
      if (instanceIds.length === 0) return null;
      try {
        return await submitDeletion(scaleSet, instanceIds);
      } catch (error) {
        // Azure refuses the whole call where one id is gone ("not an active Virtual Machine Scale Set VM instanceId").
        if (!(error instanceof CloudFailure) || error.details.statusCode !== 400) throw error;
        const { instances } = await reads.listInstances(scaleSet);
        const present = new Set(instances.map(({ instanceId }) => instanceId));
        const left = instanceIds.filter((id) => present.has(id));
        if (left.length === instanceIds.length) throw error;
        return left.length === 0 ? null : submitDeletion(scaleSet, left);
      }
    },

    async deleteScaleSet(scaleSet) {
      const { resourceGroup, name } = scaleSet;
      return submitUnlessGone(() =>
        submit(arm, (call) => sets(scaleSet).delete(resourceGroup, name, { ...call, forceDeletion })),
      );
    },
  };
}

function keyOf(scaleSet: AzureResource): string {
  return scaleSetIdOf(scaleSet).toLowerCase();
}

import type { Compute } from '../ports';
import type { Arm } from './arm';
import { toCloudFailure } from './cloud-failure';
import { parseResourceId } from './resource-reading';

/** An instance of a Uniform set is addressed through its set, any other VM by itself. */
export function createSimulateEviction(arm: Arm): Pick<Compute, 'simulateEviction'> {
  return {
    async simulateEviction(resourceId) {
      const { subscriptionId, resourceGroup, name } = parseResourceId(resourceId);
      const client = arm.compute(subscriptionId);
      const scaleSet = /\/virtualMachineScaleSets\/([^/]+)\//i.exec(resourceId)?.[1];
      try {
        if (scaleSet === undefined)
          await client.virtualMachines.simulateEviction(resourceGroup, name, arm.callOptions());
        else
          await client.virtualMachineScaleSetVMs.simulateEviction(
            resourceGroup,
            scaleSet,
            name,
            arm.callOptions(),
          );
      } catch (error) {
        throw toCloudFailure(error);
      }
    },
  };
}

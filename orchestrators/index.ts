import type { OrchestrationHandler } from 'durable-functions';
import { orchestratorNames } from '../shared/durable';
import { jobOrchestrator } from './job';
import { scaleSetOrchestrator } from './scale-set';
import { virtualMachineOrchestrator } from './virtual-machine';

/** Registered name to generator; used where they are registered and by the replay tests. */
export const orchestrators: Record<string, OrchestrationHandler> = {
  [orchestratorNames.scaleSet]: scaleSetOrchestrator,
  [orchestratorNames.virtualMachine]: virtualMachineOrchestrator,
  [orchestratorNames.job]: jobOrchestrator,
};

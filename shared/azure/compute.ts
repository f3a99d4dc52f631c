import type { Compute } from '../ports';
import type { Arm } from './arm';
import { createConsoleLog } from './console-log';
import { pollOperation } from './operations';
import { createScaleSets } from './scale-sets';
import { createSimulateEviction } from './simulate-eviction';
import { createVirtualMachines } from './virtual-machines';

export function createCompute(arm: Arm): Compute {
  return {
    ...createScaleSets(arm),
    ...createVirtualMachines(arm),
    ...createSimulateEviction(arm),
    ...createConsoleLog(arm),
    // An operation's URL names its subscription itself; the port's argument is for adapters that need it.
    poll: (_subscriptionId, operation) => pollOperation(arm, operation),
  };
}

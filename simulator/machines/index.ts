export type * from './contract';
export { createMachineFleet, type MachineFleetOptions } from './machine-fleet';

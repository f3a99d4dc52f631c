import { defineComputeContract } from '../../contract/compute.contract';
import { simulatedCloud } from './simulated-cloud';
import { startSimulatorProcess, type RunningSimulator } from './simulator-process';

let simulator: RunningSimulator;
beforeAll(async () => {
  simulator = await startSimulatorProcess();
});
afterAll(() => simulator.stop());

defineComputeContract('The simulator', async () => simulatedCloud(simulator));

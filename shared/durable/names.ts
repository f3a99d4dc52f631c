import { ownerKey, type Owner } from '../contracts';

/** Registered names live in histories: a change needs an ADR. */
export const orchestratorNames = {
  scaleSet: 'scaleSetOrchestrator',
  virtualMachine: 'virtualMachineOrchestrator',
  job: 'jobOrchestrator',
} as const;

/** External events, in the past tense. None carries data: what happened is read from the tables. */
export const eventNames = { desiredChanged: 'DesiredChanged', taskCompleted: 'TaskCompleted' } as const;

/** Orchestration instance ids derive from what they serve, so that a second start cannot make a second orchestrator. */
export function ownerInstanceId(owner: Owner): string {
  return ownerKey(owner);
}

export function jobInstanceId(jobId: string): string {
  return `job:${jobId}`;
}

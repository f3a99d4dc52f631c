import type { OperationPurpose, ResourceStatus, StepOutcome } from './outcome';
import type { Condition } from '../contracts';
import { afterFailure, keepSince, type RetrySettings } from './retry';

/** What an operation started by a step is for; absent: the step starts none. */
const purposes: Record<string, OperationPurpose> = {
  createScaleSet: 'create',
  setScaleSetCapacity: 'resize',
  replaceInstances: 'resize',
  deleteScaleSetInstances: 'resize',
  deleteScaleSet: 'delete',
  createNetworkInterface: 'create',
  createVirtualMachine: 'create',
  deleteVirtualMachine: 'delete',
  deleteNetworkInterface: 'delete',
};

/**
 * The planned status together with what its steps came to. Steps after a failed one were not run. `before` is the condition of
 * the last round: what was refused then and is refused again has held since then.
 */
export function conclude<Status extends ResourceStatus>(
  planned: Status,
  done: { step: string; outcome: StepOutcome }[],
  at: { now: Date; settings: RetrySettings; before: Condition | null },
): Status {
  let status = planned;
  for (const { step, outcome } of done) {
    if (outcome.failure) {
      status = afterFailure(status, outcome.failure, {
        now: at.now,
        nextAction: step,
        settings: at.settings,
      });
      continue;
    }
    const purpose = purposes[step];
    if (purpose && outcome.operation)
      status = { ...status, operation: { purpose, token: outcome.operation } };
  }
  return { ...status, condition: keepSince(at.before, status.condition) };
}

import { isBefore, planAhead, settleOperation, waitingFor } from '../look';
import type { ScaleSetStatus } from './snapshot';
import type { ScaleSetLook, ScaleSetPlan, ScaleSetStep } from './steps';

/** A set that is not wanted: deleted whole, and forgotten once Azure says that it is gone. */
export function planRemoval(look: ScaleSetLook): ScaleSetPlan {
  const { snapshot, now, settings } = look;
  const isFirst = snapshot.status.state !== 'deleting';
  // The pause after a failed creation is none of the deletion's.
  const settled = {
    ...settleOperation(snapshot, now, settings),
    ...(isFirst && { failures: 0, retryAt: null }),
  };
  const { provisioned, enrolled } = snapshot.members;
  const status: ScaleSetStatus = {
    ...settled,
    state: 'deleting',
    capacity: { desired: 0, provisioned, enrolled },
  };
  // A set of this name that Muster did not make stays as it is.
  const isThere = snapshot.azure?.isOurs === true;
  if (!isThere && status.operation) {
    const message = `Azure is working on it: ${status.operation.purpose}. What comes of it is deleted then.`;
    return planAhead(look, { status, condition: waitingFor(now, 'OperationInProgress', message) });
  }
  if (!isThere) {
    return {
      steps: [{ kind: 'forgetScaleSet', input: {} }],
      status: { ...status, state: 'deleted', condition: null },
      lookAt: now.toISOString(),
      isFinished: true,
    };
  }
  const isUnderWay = status.operation?.purpose === 'delete';
  if (isUnderWay || isBefore(now, status.retryAt)) {
    const waiting = status.retryAt
      ? status.condition
      : waitingFor(now, 'DeletingInAzure', 'Azure is deleting the scale set and its VMs.');
    return planAhead(look, { status, condition: waiting });
  }
  const condition = waitingFor(now, 'DeletingInAzure', 'Azure is asked to delete the scale set and its VMs.');
  const steps: ScaleSetStep[] = [{ kind: 'deleteScaleSet', input: {} }];
  return planAhead(look, { status: { ...status, operation: null }, condition, steps });
}

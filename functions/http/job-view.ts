import type { JobView } from '../../shared/contracts';
import { finalJobStates } from '../../shared/contracts';
import { expiryOf } from '../../shared/domain';
import type { Job } from '../records/jobs';

export function jobView({ row, status }: Job): JobView {
  const { owner, policy } = row;
  const isCancelling = row.cancel !== null && !finalJobStates.includes(status.state);
  return {
    id: row.jobId,
    name: row.name,
    target: owner.kind === 'scale-set' ? { scaleSet: owner.name } : { virtualMachine: owner.name },
    state: isCancelling ? 'cancelling' : status.state,
    tasks: status.tasks,
    priority: policy.priority,
    nodes: policy.nodes ?? 1,
    dependsOn: policy.dependsOn,
    controlPlaneAccess: row.controlPlaneAccess ?? false,
    submittedByJob: row.submittedByJob ?? null,
    createdAt: row.createdAt,
    startedAt: status.startedAt,
    endedAt: status.endedAt,
    expiresAt: expiryOf(row, status),
    condition: status.condition,
  };
}

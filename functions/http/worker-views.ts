import type { WorkerView } from '../../shared/contracts';
import { workerId, type AgentRow } from '../../shared/domain';

/** One view a worker slot; `lost` is told by the lease, whatever the row says. */
export function workerViews(agent: AgentRow, workersPerInstance: number, now: number): WorkerView[] {
  const isLost = agent.leaseExpiresAt !== null && Date.parse(agent.leaseExpiresAt) < now;
  return Array.from({ length: workersPerInstance }, (_, slot) => {
    const id = workerId(agent.instance, slot);
    const running = agent.running[id];
    return {
      id,
      state: isLost && agent.state !== 'pending' ? 'lost' : agent.state,
      instance: agent.instance.name,
      resourceId: agent.instance.resourceId,
      privateIpAddress: agent.instance.privateIpAddress,
      vmSize: agent.instance.vmSize,
      zone: agent.instance.zone,
      priority: agent.instance.priority,
      physicalHostName: agent.instance.physicalHostName,
      enrolledAt: agent.enrolledAt,
      leaseExpiresAt: agent.leaseExpiresAt,
      running: running ? { jobId: running.jobId, task: running.task } : null,
    };
  });
}

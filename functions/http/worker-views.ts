import type { WorkerView } from '../../shared/contracts';
import { agentStateAt, workerId, type AgentRow } from '../../shared/domain';

/** One view a worker slot. */
export function workerViews(agent: AgentRow, workersPerInstance: number, now: number): WorkerView[] {
  const state = stateOf(agent, now);
  const message = agent.preparation?.message ?? agent.stage ?? null;
  return Array.from({ length: workersPerInstance }, (_, slot) => {
    const id = workerId(agent.instance, slot);
    const running = agent.running[id];
    return {
      id,
      state: state === 'enrolled' && agent.removedSlots?.includes(slot) ? 'draining' : state,
      message,
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
      index: agent.index === undefined ? null : agent.index * workersPerInstance + slot,
      command: agent.commands?.[id] ?? null,
    };
  });
}

function stateOf(agent: AgentRow, now: number): WorkerView['state'] {
  const told = agentStateAt(agent, now);
  if (told === 'lost') return told;
  if (agent.evicting) return 'evicting';
  if (agent.preparation) return agent.preparation.state;
  return told;
}

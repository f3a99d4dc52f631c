import type { ObservedAgent, ObservedInstance } from './snapshot';

/** Picks which instances go: those that run nothing first, then the youngest; never more than asked. */
export function chooseInstancesToDelete(
  instances: ObservedInstance[],
  agents: ObservedAgent[],
  count: number,
): string[] {
  const runningTasks = new Map(agents.map((agent) => [agent.agentId, agent.runningTasks]));
  const busy = (instance: ObservedInstance): number => runningTasks.get(instance.vmId) ?? 0;
  const age = (instance: ObservedInstance): number =>
    instance.createdAt ? Date.parse(instance.createdAt) : Infinity;
  const ordered = [...instances].sort(
    (a, b) =>
      busy(a) - busy(b) ||
      age(b) - age(a) ||
      a.instanceId.localeCompare(b.instanceId, 'en', { numeric: true }),
  );
  return ordered.slice(0, Math.max(count, 0)).map((instance) => instance.instanceId);
}

import type { ObservedAgent } from './agents';
import type { InstanceRow } from './instances';

/** Those that run nothing first, then the youngest. */
export function orderForDeletion(
  instances: readonly InstanceRow[],
  agents: ReadonlyMap<string, ObservedAgent>,
): InstanceRow[] {
  const busy = (instance: InstanceRow): number => agents.get(instance.vmId)?.runningTasks ?? 0;
  const age = (instance: InstanceRow): number =>
    instance.createdAt ? Date.parse(instance.createdAt) : Infinity;
  const ofEqualAge = (a: InstanceRow, b: InstanceRow): number =>
    b.instanceId.localeCompare(a.instanceId, 'en', { numeric: true });
  return [...instances].sort(
    (a, b) => busy(a) - busy(b) || (age(a) === age(b) ? 0 : age(b) - age(a)) || ofEqualAge(a, b),
  );
}

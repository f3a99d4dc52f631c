/** A VM as Azure lists it. `vmId` in lower case: equals the agent's id. */
export interface ListedInstance {
  vmId: string;
  /** Uniform: a number as text. Flexible: the VM's name. */
  instanceId: string;
  name: string;
  resourceId: string;
  provisioningState: string;
  createdAt: string | null;
  priority: 'Regular' | 'Spot';
  zone: string;
}

/**
 * A VM as Azure listed it last: whoever is in here may enrol. Written by the owner's orchestrator alone. Table `instances`,
 * partition: the owner's key, key: `vmId`.
 */
export interface InstanceRow extends ListedInstance {
  /** The VM's number within its owner, from 0: the lowest that was free when it was first listed. */
  index: number;
  firstListedAt: string;
  /** When it was first listed in its present provisioning state. */
  stateSince: string;
}

export interface InstanceChanges {
  rows: InstanceRow[];
  /** Those of `rows` that are new or differ from before. */
  changed: InstanceRow[];
  gone: InstanceRow[];
}

/** What a new list makes of the rows kept. A number that became free goes to the next VM that comes. */
export function mergeInstances(
  known: readonly InstanceRow[],
  listed: readonly ListedInstance[],
  now: Date,
): InstanceChanges {
  const at = now.toISOString();
  const before = new Map(known.map((row) => [row.vmId, row]));
  const ids = new Set(listed.map((instance) => instance.vmId));
  const taken = new Set(known.filter((row) => ids.has(row.vmId)).map((row) => row.index));
  let free = 0;
  const nextIndex = (): number => {
    while (taken.has(free)) free++;
    taken.add(free);
    return free;
  };
  const rows = [...listed].sort(byAge).map((instance): InstanceRow => {
    const row = before.get(instance.vmId);
    if (!row) return { ...instance, index: nextIndex(), firstListedAt: at, stateSince: at };
    const isSame = row.provisioningState === instance.provisioningState;
    return {
      ...instance,
      index: row.index,
      firstListedAt: row.firstListedAt,
      stateSince: isSame ? row.stateSince : at,
    };
  });
  const changed = rows.filter((row) => {
    const old = before.get(row.vmId);
    return !old || old.provisioningState !== row.provisioningState || old.instanceId !== row.instanceId;
  });
  return { rows, changed, gone: known.filter((row) => !ids.has(row.vmId)) };
}

function byAge(a: ListedInstance, b: ListedInstance): number {
  return (
    (a.createdAt ?? '').localeCompare(b.createdAt ?? '') ||
    a.instanceId.localeCompare(b.instanceId, 'en', { numeric: true })
  );
}

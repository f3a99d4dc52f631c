import {
  answerGrowth,
  growthSplit,
  placementsOf,
  type ScaleSetRow,
  type ScaleSetSnapshot,
} from '../../shared/domain';
import { CloudFailure } from '../../shared/errors';
import type { App } from '../app';

type Seen = Omit<ScaleSetSnapshot, 'quota'>;

/** Whether the VMs that a set is to grow by fit; null where it is not about to grow, or Azure cannot say. */
export async function askQuota(app: App, row: ScaleSetRow, seen: Seen): Promise<ScaleSetSnapshot['quota']> {
  const { status, members, departures, operation, failure } = seen;
  const count = row.capacity + departures.draining - members.total;
  const isPaused = status.retryAt !== null && Date.parse(status.retryAt) > app.clock.now();
  if (row.wanted === 'absent' || count <= 0 || failure || isPaused || operation?.state === 'running')
    return null;
  const size = placementsOf(row.template)[status.placement]?.size ?? row.template.value.sku.name;
  const { location } = row.template.value;
  const region = { subscriptionId: row.subscriptionId, location };
  try {
    const found = await app.quota.findSize(region, size);
    if (!found) return null;
    const usages = await app.quota.listUsages(region);
    const split = growthSplit(row.template, members, status.spotShort?.regularBase ?? null);
    return answerGrowth({ location, size: found, usages, count, split });
  } catch (error) {
    // Azure says so itself when it is asked for the VMs.
    if (error instanceof CloudFailure) return null;
    throw error;
  }
}

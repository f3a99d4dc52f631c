import type { EntityRequest } from './messages';

export interface Queued {
  seq: number;
  request: EntityRequest;
}

export interface EntityBatch {
  operations: Queued[];
  /** A lock request or a release; it ends the batch, since what stands behind it meets another holder. */
  lockChange?: Queued;
  /** Who holds the lock when the batch is done. */
  lockedBy: string | null;
  remaining: Queued[];
}

/** What an entity may take now, in order of arrival. While it is locked, only its holder's messages. */
export function takeBatch(queue: readonly Queued[], lockedBy: string | null): EntityBatch {
  const batch: EntityBatch = { operations: [], lockedBy, remaining: [] };
  for (const queued of queue) {
    const { request } = queued;
    const isHolders = lockedBy === null || request.parent === lockedBy;
    if (batch.lockChange || (!isHolders && !request.isRelease)) batch.remaining.push(queued);
    else if (request.isRelease || request.lockset) {
      batch.lockChange = queued;
      if (request.lockset) batch.lockedBy = request.parent ?? null;
      else if (isHolders) batch.lockedBy = null;
    } else batch.operations.push(queued);
  }
  return batch;
}

export function isEmpty(batch: EntityBatch): boolean {
  return batch.operations.length === 0 && !batch.lockChange;
}

import type { EntityRequest } from './messages';

export interface Queued {
  seq: number;
  request: EntityRequest;
}

export interface EntityBatch {
  operations: Queued[];
  /** A lock request or a release; it ends the batch, since what stands behind it meets another holder. */
  lockChange?: Queued;
  /** Lock requests given up before they were granted. */
  abandoned: Queued[];
  /** Who holds the lock when the batch is done. */
  lockedBy: string | null;
  remaining: Queued[];
}

/** What an entity may take now, in order of arrival. While it is locked, only its holder's messages, and releases. */
export function takeBatch(queue: readonly Queued[], lockedBy: string | null): EntityBatch {
  const batch: EntityBatch = { operations: [], abandoned: [], lockedBy, remaining: [] };
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
  return batch.lockChange?.request.isRelease ? withoutAbandoned(batch, batch.lockChange.request.id) : batch;
}

/** An orchestration that ended while it waited for its lock has released what it never had: its request goes as well. */
function withoutAbandoned(batch: EntityBatch, lockId: string): EntityBatch {
  const isAbandoned = ({ request }: Queued): boolean =>
    request.lockset !== undefined && request.id === lockId;
  return {
    ...batch,
    abandoned: batch.remaining.filter(isAbandoned),
    remaining: batch.remaining.filter((queued) => !isAbandoned(queued)),
  };
}

export function isEmpty(batch: EntityBatch): boolean {
  return batch.operations.length === 0 && !batch.lockChange;
}

/** The rows that go when the batch is done. */
export function doneWith(batch: EntityBatch): number[] {
  const lockChange = batch.lockChange ? [batch.lockChange] : [];
  return [...batch.operations, ...lockChange, ...batch.abandoned].map(({ seq }) => seq);
}

import { createHash } from 'node:crypto';
import { ApiError, RecordConflict } from '../../shared/errors';
import type { App } from '../app';

/** What stands under an idempotency key: table `jobs`, partition `key`. */
export interface Claim {
  jobId: string;
  requestHash: string;
  /** The job was deleted. The key is not free before no message of the job can come any more. */
  deletedAt?: string;
}

/** The claim that counts under the key. Throws 409 where the key stands for another request, 410 where for a job that was deleted. */
export async function claimKey(
  { records }: App,
  key: string,
  claim: Claim,
): Promise<Claim & { isRepeat: boolean }> {
  try {
    await records.insert('jobs', { partition: 'key', key, value: claim });
    return { ...claim, isRepeat: false };
  } catch (error) {
    if (!(error instanceof RecordConflict)) throw error;
  }
  const claimed = (await records.get<Claim>('jobs', 'key', key))?.value ?? claim;
  if (claimed.requestHash !== claim.requestHash) {
    const message = `The idempotency key was used for another request (job '${claimed.jobId}'): use a new key for a new job.`;
    throw new ApiError(409, 'IdempotencyKeyReused', message, { target: 'Idempotency-Key' });
  }
  if (claimed.deletedAt !== undefined) {
    const message = `The job '${claimed.jobId}' that this idempotency key stands for was deleted at ${claimed.deletedAt}: use a new key to run it again.`;
    throw new ApiError(410, 'JobDeleted', message, { target: 'Idempotency-Key' });
  }
  return { ...claimed, isRepeat: true };
}

export async function findClaim({ records }: App, key: string): Promise<Claim | undefined> {
  return (await records.get<Claim>('jobs', 'key', key))?.value;
}

/** From now on the key stands for a job that was deleted: a message or a call that comes again makes no second one. */
export async function markKeyDeleted(
  app: App,
  { key, jobId }: { key: string; jobId: string },
): Promise<void> {
  const claim = await findClaim(app, key);
  if (claim?.jobId !== jobId || claim.deletedAt !== undefined) return;
  const deletedAt = new Date(app.clock.now()).toISOString();
  await app.records.put('jobs', { partition: 'key', key, value: { ...claim, deletedAt } });
}

/** Refused, and nothing made: the key is free for the mended request. */
export function freeKey({ records }: App, key: string): (error: unknown) => Promise<never> {
  return async (error) => {
    if (error instanceof ApiError) await records.remove('jobs', 'key', key);
    throw error;
  };
}

/** Its row's name: a key may hold what that may not. */
export function keyRow(key: string): string {
  return sha256(key);
}

/** The same for two requests that say the same: their JSON with its keys in order. */
export function hashOfRequest(request: unknown): string {
  return sha256(
    JSON.stringify(request, (_key, part: unknown) =>
      part !== null && typeof part === 'object' && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
        : part,
    ),
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

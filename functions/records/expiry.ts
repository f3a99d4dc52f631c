import type { JobPriority, Owner } from '../../shared/contracts';
import type { Records } from '../../shared/ports';
import { closingOf } from './gathered';

/**
 * Two lists in the order of time, in table `jobs`, so that a timer looks at what is due and at nothing else: `expiry`, jobs by when they
 * are to be deleted; `removal`, jobs that are being deleted, by when the next part of it is due.
 */
interface Expiry {
  jobId: string;
}

/** All that is needed once the job's row is gone. */
export interface Removal {
  jobId: string;
  owner: Owner;
  priority: JobPriority;
  /** Row of its idempotency key. */
  key: string | null;
  /** `remove`: what there is of it. `forget`: what tells others that it was deleted, and what came too late. */
  stage: 'remove' | 'forget';
}

export interface Due<Value> {
  key: string;
  value: Value;
}

/** The same for a repeat. */
export function dueKey(at: string, jobId: string): string {
  return `${at}~${jobId}`;
}

export async function putExpiry(records: Records, at: string, jobId: string): Promise<void> {
  const value: Expiry = { jobId };
  await closingOf(records).expire.add({ key: dueKey(at, jobId), value });
}

export async function removeExpiry(records: Records, key: string): Promise<void> {
  await records.remove('jobs', 'expiry', key);
}

export async function putRemoval(records: Records, at: string, value: Removal): Promise<Due<Removal>> {
  const key = dueKey(at, value.jobId);
  await records.put('jobs', { partition: 'removal', key, value });
  return { key, value };
}

export async function dropRemoval(records: Records, key: string): Promise<void> {
  await records.remove('jobs', 'removal', key);
}

export function dueExpiries(records: Records, now: number, top: number): Promise<Due<Expiry>[]> {
  return dueRows(records, 'expiry', { now, top });
}

export function dueRemovals(records: Records, now: number, top: number): Promise<Due<Removal>[]> {
  return dueRows(records, 'removal', { now, top });
}

/** The first rows of the list, as far as they are due. */
async function dueRows<Value>(
  records: Records,
  partition: string,
  { now, top }: { now: number; top: number },
): Promise<Due<Value>[]> {
  const { rows } = await records.page<Value>('jobs', partition, { top });
  const until = new Date(now).toISOString();
  return rows
    .filter(({ key }) => key.slice(0, until.length) <= until)
    .map(({ key, value }) => ({ key, value }));
}

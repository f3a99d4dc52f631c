import { createHash } from 'node:crypto';
import type { SubmissionState, SubmissionView } from '../../shared/contracts';
import { canonicalMessage, oldestSubmissionId } from '../../shared/domain';
import { RecordConflict } from '../../shared/errors';
import type { Records } from '../../shared/ports';

/**
 * Table `submissions`: partition `all`, what became of each message; `rejected`, copies of those; `delivery`, which messages were
 * delivered, by the hash of their text.
 */
export interface SubmissionRow extends SubmissionView {
  /** Whether it was told, where it is to be told. */
  isReplied: boolean;
  textHash: string;
}

interface DeliveryRow {
  submissionId: string;
  messageId: string;
  insertedAt: string;
  deliveries: number;
}

/** The partition with all submissions of a state, and perhaps others. */
export function submissionPartition(state: SubmissionState | undefined): string {
  return state === 'rejected' ? 'rejected' : 'all';
}

export async function getSubmission(records: Records, id: string): Promise<SubmissionRow | undefined> {
  return (await records.get<SubmissionRow>('submissions', 'all', id))?.value;
}

/** The first that is kept counts; answers it. */
export async function keepSubmission(records: Records, row: SubmissionRow): Promise<SubmissionRow> {
  try {
    await records.insert('submissions', { partition: 'all', key: row.id, value: row });
    return row;
  } catch (error) {
    const known = error instanceof RecordConflict ? await getSubmission(records, row.id) : undefined;
    if (!known) throw error;
    return known;
  }
}

export async function putSubmission(records: Records, row: SubmissionRow): Promise<void> {
  await records.put('submissions', { partition: 'all', key: row.id, value: row });
  await copyRejected(records, row);
}

export async function copyRejected(records: Records, row: SubmissionRow): Promise<void> {
  if (row.state === 'rejected')
    await records.put('submissions', { partition: 'rejected', key: row.id, value: row });
}

/** Of the text as it was meant, however it was encoded. */
export function textHash(raw: string): string {
  return createHash('sha256').update(canonicalMessage(raw)).digest('hex').slice(0, 40);
}

export async function noteDelivery(
  records: Records,
  submissionId: string,
  delivery: Omit<DeliveryRow, 'submissionId'> & { raw: string },
): Promise<void> {
  const { messageId, insertedAt, deliveries, raw } = delivery;
  const value: DeliveryRow = { submissionId, messageId, insertedAt, deliveries };
  await records.put('submissions', {
    partition: 'delivery',
    key: deliveryKey(textHash(raw), submissionId),
    value,
  });
}

/** Messages of this text that were delivered. */
export async function deliveriesOfText(
  records: Records,
  raw: string,
): Promise<(DeliveryRow & { isSettled: boolean })[]> {
  const { rows } = await records.page<DeliveryRow>('submissions', 'delivery', {
    top: 100,
    prefix: deliveryKey(textHash(raw), ''),
  });
  return Promise.all(
    rows.map(async ({ value }) => ({
      ...value,
      isSettled: (await getSubmission(records, value.submissionId)) !== undefined,
    })),
  );
}

/** Removes what was settled of messages from before `time`, in ms since the epoch. */
export async function forgetOldSubmissions(records: Records, time: number): Promise<void> {
  const range = { from: oldestSubmissionId(time), to: 'sub-~' };
  const rows = (await records.list<SubmissionRow>('submissions', 'all', range)).map((row) => row.value);
  if (rows.length === 0) return;
  const ids = rows.map(({ id }) => id);
  const deliveries = rows.map(({ textHash: hash, id }) => deliveryKey(hash, id));
  await records.removeMany('submissions', 'delivery', deliveries);
  await records.removeMany('submissions', 'rejected', ids);
  // Last: a repeat after a crash starts from these.
  await records.removeMany('submissions', 'all', ids);
}

/** With the newest of a text first. */
function deliveryKey(hash: string, submissionId: string): string {
  return `${hash}-${submissionId}`;
}

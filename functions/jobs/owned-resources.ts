import type { DurableClient } from 'durable-functions';
import { finalJobStates, nameKey, type Owner, type OwnerKind } from '../../shared/contracts';
import { ownedByJob } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { wakeOwner } from '../http/owners';
import { againAtConflict } from '../records/again-at-conflict';
import { getJob } from '../records/jobs';
import { getResource, type RowOf } from '../records/resources';

/**
 * What jobs made through their tokens goes with them. Three look after it: a job's orchestrator, when its end is recorded; whoever
 * makes something for a job, which may have ended meanwhile; and a timer, for what a crash left between those two.
 */

type Row = RowOf[OwnerKind];

/** There is such a job, and it has not ended. */
export async function isLive(app: App, jobId: string): Promise<boolean> {
  const job = await getJob(app.records, jobId);
  return job !== undefined && !finalJobStates.includes(job.status.state);
}

/** The job that owns it has ended, or is gone. */
export async function isOutlived(app: App, row: Row): Promise<boolean> {
  const jobId = ownedByJob(row);
  return jobId !== undefined && !(await isLive(app, jobId));
}

/** Removes everything that is the job's own. */
export async function releaseOwned(app: App, durable: DurableClient, jobId: string): Promise<void> {
  for (const row of await listOwned(app)) {
    if (ownedByJob(row) === jobId) await release(app, durable, row.owner);
  }
}

/** Removes everything whose job has ended. */
export async function releaseOutlived(app: App, durable: DurableClient): Promise<void> {
  const owned = await listOwned(app);
  const jobs = new Set(owned.flatMap((row) => ownedByJob(row) ?? []));
  for (const jobId of jobs) {
    if (!(await isLive(app, jobId))) await releaseOwned(app, durable, jobId);
  }
}

/** Called when a row that a job's token had written is there. Throws 409, and takes the resource down, where the job has ended meanwhile. */
export async function refuseOutlived(app: App, durable: DurableClient, row: Row): Promise<void> {
  if (!(await isOutlived(app, row))) return;
  await release(app, durable, row.owner);
  const message = `The job '${row.createdByJob}' has ended: what it makes is removed at once.`;
  throw new ApiError(409, 'JobEnded', message);
}

async function listOwned({ records }: App): Promise<Row[]> {
  const [scaleSets, virtualMachines] = await Promise.all([
    records.list<Row>('resources', 'scale-set'),
    records.list<Row>('resources', 'virtual-machine'),
  ]);
  const rows = [...scaleSets, ...virtualMachines].map(({ value }) => value);
  return rows.filter((row) => ownedByJob(row) !== undefined && row.wanted === 'present');
}

/** Writes the wish that it be gone, and wakes its orchestrator. What was handed over meanwhile stays; so does a later one of its name. */
export async function release(app: App, durable: DurableClient, owner: Owner): Promise<void> {
  const changed = await changeRow(app, owner, (row) =>
    ownedByJob(row) === undefined ? row : { ...row, wanted: 'absent' },
  );
  if (changed?.owner.incarnation === owner.incarnation && changed.wanted === 'absent')
    await wakeOwner(durable, owner);
}

/** From now on it stays until it is deleted. A repeat changes nothing. Undefined: there is none. */
export function handOver(app: App, named: Pick<Owner, 'kind' | 'name'>): Promise<Row | undefined> {
  return changeRow(app, named, (row) =>
    ownedByJob(row) === undefined || row.wanted === 'absent' ? row : { ...row, isHandedOver: true },
  );
}

const writeAttempts = 10;

/** `change` answers the row itself where there is nothing to change. */
function changeRow(
  { records }: App,
  { kind, name, incarnation }: Pick<Owner, 'kind' | 'name'> & { incarnation?: string },
  change: (row: Row) => Row,
): Promise<Row | undefined> {
  return againAtConflict(writeAttempts, async () => {
    const record = await getResource(records, kind, nameKey(name));
    if (!record || (incarnation && record.value.owner.incarnation !== incarnation)) return undefined;
    const value = change(record.value);
    if (value !== record.value) await records.replace<Row>('resources', { ...record, value });
    return value;
  });
}

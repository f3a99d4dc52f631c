import { ownerKey, type JobPriority, type Owner } from '../../shared/contracts';
import type { ScaleSetRow } from '../../shared/domain';
import { RecordConflict } from '../../shared/errors';
import type { App } from '../app';
import { Readings } from '../records/readings';
import { getIncarnation, getResource } from '../records/resources';

const attempts = 5;

/**
 * Notes that the owner has had a job of this priority: from its next lease renewal on each of its VMs looks at that queue too. Nobody pays
 * for looks at queues that were never used.
 */
export async function usePriority(app: App, owner: Owner, priority: JobPriority): Promise<void> {
  await noteUse(app, owner, (row) => {
    if (row.priorities?.includes(priority)) return undefined;
    return { priorities: [...(row.priorities ?? []), priority] };
  });
}

type Used = Pick<ScaleSetRow, 'priorities' | 'takesGangs'>;

/** Writes what is noted of the owner's jobs; nothing where `note` has nothing new. */
export async function noteUse(
  app: App,
  { kind, name }: Owner,
  note: (row: Used) => Used | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const record = await getResource(app.records, kind, name);
    const noted = record && note(record.value);
    if (!noted) return;
    try {
      await app.records.replace('resources', { ...record, value: { ...record.value, ...noted } });
      return;
    } catch (error) {
      if (!(error instanceof RecordConflict) || attempt === attempts) throw error;
    }
  }
}

/** A queue that was used for the first time is looked at so much later, and a lease renewal more. */
const freshMs = 5000;
const readings = new WeakMap<App, Readings<JobPriority[]>>();

/** Of the jobs that the owner has had. */
export function prioritiesOf(app: App, owner: Owner): Promise<JobPriority[]> {
  const ofApp = readings.get(app) ?? new Readings<JobPriority[]>(freshMs);
  readings.set(app, ofApp);
  return ofApp.read(ownerKey(owner), async () => {
    const row = await getIncarnation(app.records, owner.kind, owner);
    return [...new Set<JobPriority>(['normal', ...(row?.priorities ?? [])])];
  });
}

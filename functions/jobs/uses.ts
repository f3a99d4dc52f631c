import { ownerKey, type JobPriority, type Owner } from '../../shared/contracts';
import type { ScaleSetRow } from '../../shared/domain';
import type { App } from '../app';
import { againAtConflict } from '../records/again-at-conflict';
import { Readings } from '../records/readings';
import { getIncarnation, getResource } from '../records/resources';

/**
 * What an owner has had jobs of: from its next lease renewal on each of its VMs looks at that priority's queue, or for gangs that call, too.
 * Nobody pays for looks where there never was one.
 */
export interface Uses {
  priorities: JobPriority[];
  /** Jobs of several nodes. */
  takesGangs: boolean;
}

const attempts = 5;

export function usePriority(app: App, owner: Owner, priority: JobPriority): Promise<void> {
  return noteUse(app, owner, (row) => {
    if (row.priorities?.includes(priority)) return undefined;
    return { priorities: [...(row.priorities ?? []), priority] };
  });
}

export function useGangs(app: App, owner: Owner): Promise<void> {
  return noteUse(app, owner, (row) => (row.takesGangs ? undefined : { takesGangs: true }));
}

type Noted = Pick<ScaleSetRow, 'priorities' | 'takesGangs'>;

/** Writes what is noted of the owner's jobs; nothing where `note` has nothing new. */
function noteUse(
  { records }: App,
  { kind, name }: Owner,
  note: (row: Noted) => Noted | undefined,
): Promise<void> {
  return againAtConflict(attempts, async () => {
    const record = await getResource(records, kind, name);
    const noted = record && note(record.value);
    if (noted) await records.replace('resources', { ...record, value: { ...record.value, ...noted } });
  });
}

/** What is used for the first time is looked at so much later, and a lease renewal more. */
const freshMs = 5000;
const readings = new WeakMap<App, Readings<Uses>>();

export function usesOf(app: App, owner: Owner): Promise<Uses> {
  const ofApp = readings.get(app) ?? new Readings<Uses>(freshMs);
  readings.set(app, ofApp);
  return ofApp.read(ownerKey(owner), async () => {
    const row = await getIncarnation(app.records, owner.kind, owner);
    const priorities = [...new Set<JobPriority>(['normal', ...(row?.priorities ?? [])])];
    return { priorities, takesGangs: row?.takesGangs ?? false };
  });
}

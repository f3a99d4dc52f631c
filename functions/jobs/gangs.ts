import { ownerKey, type Owner } from '../../shared/contracts';
import type { App } from '../app';
import { Readings } from '../records/readings';
import { getIncarnation } from '../records/resources';
import { noteUse } from './priorities';

/**
 * Notes that the owner has had a job of several nodes: from its next lease renewal on each of its VMs looks for gangs that call. Nobody
 * pays for looks where there never was one.
 */
export async function useGangs(app: App, owner: Owner): Promise<void> {
  await noteUse(app, owner, (row) => (row.takesGangs ? undefined : { takesGangs: true }));
}

/** The first gang of an owner may find its members so much later, and a lease renewal more. */
const freshMs = 5000;
const readings = new WeakMap<App, Readings<boolean>>();

export function takesGangs(app: App, owner: Owner): Promise<boolean> {
  const ofApp = readings.get(app) ?? new Readings<boolean>(freshMs);
  readings.set(app, ofApp);
  return ofApp.read(ownerKey(owner), async () => {
    const row = await getIncarnation(app.records, owner.kind, owner);
    return row?.takesGangs ?? false;
  });
}

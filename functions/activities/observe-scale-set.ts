import { ownerKey, type Owner } from '../../shared/contracts';
import {
  afterListing,
  digest,
  isListingDue,
  listingReasons,
  mergeInstances,
  newScaleSetStatus,
  nobodyGoes,
  noMembers,
  observeAgent,
  ownerTag,
  placementsOf,
  watchedSinceAt,
  type InstanceRow,
  type ListedInstance,
  type LookSettings,
  type ObservedAgent,
  type ScaleSetRow,
  type ScaleSetSnapshot,
  type ScaleSetStatus,
} from '../../shared/domain';
import type { InstanceObservation, ScaleSetObservation } from '../../shared/ports';
import type { App } from '../app';
import { listInstanceRows, saveInstanceRows } from '../records/instances';
import { getIncarnation, getStatus, listAgents } from '../records/resources';
import { lookSettings } from '../settings';
import { askQuota } from './ask-quota';
import { observe, pollOperation } from './attempt';
import { azureScaleSet } from './scale-set';

/** What is known before Azure is asked. */
interface Known {
  app: App;
  row: ScaleSetRow;
  status: ScaleSetStatus;
  instances: InstanceRow[];
  agents: ObservedAgent[];
  now: Date;
  settings: LookSettings;
}
type SeenInAzure = Pick<ScaleSetSnapshot, 'azure' | 'operation' | 'listing'> & { instances: InstanceRow[] };

/** One look at a scale set: its rows, Azure's list of its VMs (in bulk, and only where something asks for it), who has called. */
export function createObserveScaleSet(app: App) {
  return async ({
    owner,
  }: {
    owner: Owner;
  }): Promise<{ snapshot: ScaleSetSnapshot; settings: LookSettings }> => {
    const settings = lookSettings(app.config);
    const row = await getIncarnation(app.records, 'scale-set', owner);
    const stored = await getStatus(app.records, 'scale-set', owner);
    const status: ScaleSetStatus = {
      ...newScaleSetStatus(row ?? { resourceId: '', capacity: 0 }),
      ...stored,
    };
    if (!row) return { snapshot: snapshotOfNothing(status), settings };
    const now = new Date(app.clock.now());
    const instances = await listInstanceRows(app.records, owner);
    const agents = (await listAgents(app.records, owner)).map((one) => observeAgent(one, now.getTime()));
    const known: Known = { app, row, status, instances, agents, now, settings: settingsOf(row, settings) };
    const unseen: SeenInAzure = { azure: null, operation: null, listing: status.listing, instances };
    const seen = await observe(() => lookAtAzure(known), unseen);
    return { snapshot: await toSnapshot(known, { ...seen.value, failure: seen.failure }), settings };
  };
}

function settingsOf({ joinLimitMs }: ScaleSetRow, settings: LookSettings): LookSettings {
  return joinLimitMs === undefined ? settings : { ...settings, joinLimitMs };
}

async function lookAtAzure(known: Known): Promise<SeenInAzure> {
  const { app, row, status } = known;
  // The operation first: what is read after it shows what it has done.
  const operation = await pollOperation(app.compute, row.subscriptionId, status.operation);
  const scaleSet = await app.compute.getScaleSet(azureScaleSet(row));
  const azure = scaleSet ? { ...observedSet(scaleSet, row) } : null;
  if (!azure) return { azure, operation, ...(await keep(known, { instances: [], pages: 0 })) };
  const hasEnded = status.operation !== null && operation?.state !== 'running';
  const isListed = azure.isOurs && row.wanted === 'present' && isDue(known, hasEnded);
  if (!isListed) return { azure, operation, listing: status.listing, instances: known.instances };
  const { instances, pages } = await app.compute.listInstances(azureScaleSet(row));
  return { azure, operation, ...(await keep(known, { instances: instances.map(listed), pages })) };
}

function observedSet(
  scaleSet: ScaleSetObservation,
  row: ScaleSetRow,
): NonNullable<ScaleSetSnapshot['azure']> {
  const { provisioningState, capacity, zones, tags } = scaleSet;
  return { provisioningState, capacity, zones, isOurs: tags[ownerTag] === ownerKey(row.owner) };
}

function isDue(known: Known, hasOperationEnded: boolean): boolean {
  const { row, status, settings, now } = known;
  const changedAt = hasOperationEnded ? now.toISOString() : status.changedAt;
  const { busyLookMs } = settings;
  const reasons = listingReasons(known, { changedAt, desired: row.capacity, busyLookMs });
  return isListingDue(status.listing, reasons, { now, routineMs: settings.settledLookMs });
}

/** The new list takes the place of the one before; whoever is in it may enrol from now on. */
async function keep(
  { app, row, instances: before, status, now }: Known,
  list: { instances: ListedInstance[]; pages: number },
): Promise<Pick<SeenInAzure, 'listing' | 'instances'>> {
  const changes = mergeInstances(before, list.instances, now);
  await saveInstanceRows(app.records, row.owner, changes);
  return { listing: afterListing(status.listing, list.pages, now), instances: changes.rows };
}

function listed(instance: InstanceObservation): ListedInstance {
  const { instanceId, name, resourceId, provisioningState, timeCreated, priority, zone } = instance;
  // Before Azure has given the VM its id it goes by its number in the set.
  const vmId = instance.vmId === '' ? `unnamed-${instanceId}` : instance.vmId.toLowerCase();
  return { vmId, instanceId, name, resourceId, provisioningState, createdAt: timeCreated, priority, zone };
}

async function toSnapshot(
  known: Known,
  seen: SeenInAzure & Pick<ScaleSetSnapshot, 'failure'>,
): Promise<ScaleSetSnapshot> {
  const { app, row, status, now, settings, agents } = known;
  const { instances, ...rest } = seen;
  const look = {
    desired: row.capacity,
    removals: row.removals ?? [],
    listedAt: seen.listing.listedAt,
    watchedSince: watchedSinceAt(status, now),
  };
  const seenMembers = digest({ instances, agents, now, settings }, look);
  const snapshot = { desired: desiredOf(row), status, ...rest, ...seenMembers };
  return { ...snapshot, quota: await askQuota(app, row, snapshot) };
}

function desiredOf(row: ScaleSetRow): ScaleSetSnapshot['desired'] {
  const { wanted, capacity, generation, deleteWhenEmptyMs, spot, template } = row;
  return {
    wanted,
    capacity,
    generation,
    deleteWhenEmptyMs: deleteWhenEmptyMs ?? null,
    placements: placementsOf(template),
    spot: spot ? { fallbackAfterMs: spot.fallbackToRegularAfterMs ?? null } : null,
  };
}

function snapshotOfNothing(status: ScaleSetStatus): ScaleSetSnapshot {
  return {
    desired: null,
    status,
    azure: null,
    listing: status.listing,
    members: noMembers,
    departures: nobodyGoes,
    gone: [],
    lastEnrolledAt: null,
    quota: null,
    operation: null,
    failure: null,
  };
}

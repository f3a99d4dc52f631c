import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { ownerKey, ResourceName } from '../../shared/contracts';
import { workerId, type AgentRow, type ScaleSetRow } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { StoredRecord } from '../../shared/ports';
import type { App } from '../app';
import { againAtConflict } from '../records/again-at-conflict';
import { listInstanceRows } from '../records/instances';
import { accepted } from './owner-routes';
import { findOwner, wakeOwner } from './owners';
import { parseShape, pathParameter, type Call } from './route';
import { changeScaleSet } from './scale-set-changes';
import { scaleSetView } from './scale-set-view';

const writeAttempts = 10;
/** Removals of VMs that are long gone are dropped from the row beyond so many. */
const removalsKept = 200;

/**
 * DELETE /api/scale-sets/{name}/workers/{id}: the worker ends with the task it runs; with its last worker the VM goes, and one VM
 * less is desired. With `force=true` a VM's tasks are not waited for: they run again elsewhere. Repeating it changes nothing.
 */
export async function removeWorker(app: App, { request, durable }: Call): Promise<HttpResponseInit> {
  const name = pathParameter(request, 'name', ResourceName);
  const id = pathParameter(request, 'id', z.string().min(1).max(300));
  const isForced =
    parseShape(request.query.get('force') ?? 'false', z.enum(['true', 'false']), 'force') === 'true';
  const { value: row } = await findOwner(app, 'scale-set', { name });
  const changed = await endWorker(app, row, { id, isForced });
  await wakeOwner(durable, row.owner);
  return accepted('scale-sets', row.owner, await scaleSetView(app, changed));
}

/** The worker is no more: removed by a request, or its command has ended for good. Repeating it changes nothing. */
export async function endWorker(
  app: App,
  row: ScaleSetRow,
  { id, isForced }: { id: string; isForced: boolean },
): Promise<ScaleSetRow> {
  const agent = await markRemoved(app, row, id);
  const isLast = (agent.removedSlots ?? []).length >= row.workersPerInstance;
  return isLast ? releaseVm(app, row.owner.name, { vmId: agent.agentId, isForced }) : row;
}

/** The worker by its id; 404 where the set has none. */
export async function findWorker(
  app: App,
  row: ScaleSetRow,
  id: string,
): Promise<{ record: StoredRecord<AgentRow>; slot: number }> {
  for (const record of await app.records.list<AgentRow>('agents', ownerKey(row.owner))) {
    for (let slot = 0; slot < row.workersPerInstance; slot++)
      if (workerId(record.value.instance, slot) === id) return { record, slot };
  }
  throw new ApiError(404, 'WorkerNotFound', `The scale set '${row.owner.name}' has no worker '${id}'.`);
}

function markRemoved(app: App, row: ScaleSetRow, id: string): Promise<AgentRow> {
  return againAtConflict(writeAttempts, async () => {
    const { record, slot } = await findWorker(app, row, id);
    const removedSlots = record.value.removedSlots ?? [];
    if (removedSlots.includes(slot)) return record.value;
    const value: AgentRow = { ...record.value, removedSlots: [...removedSlots, slot] };
    await app.records.replace('agents', { ...record, value });
    return value;
  });
}

/** The removal and the lower capacity are one write: a repeat finds the removal there and takes nothing more off. */
function releaseVm(
  app: App,
  name: string,
  removal: { vmId: string; isForced: boolean },
): Promise<ScaleSetRow> {
  return changeScaleSet(app, name, async (row) => {
    const known = row.removals?.find((one) => one.vmId === removal.vmId);
    if (known && (known.isForced || !removal.isForced)) return row;
    const others = (await stillThere(app, row)).filter((one) => one.vmId !== removal.vmId);
    const capacity = known ? row.capacity : Math.max(0, row.capacity - 1);
    return { ...row, capacity, removals: [...others, removal] };
  });
}

async function stillThere(app: App, { owner, removals = [] }: ScaleSetRow): Promise<typeof removals> {
  if (removals.length < removalsKept) return removals;
  const listed = new Set((await listInstanceRows(app.records, owner)).map((instance) => instance.vmId));
  return removals.filter((one) => listed.has(one.vmId));
}

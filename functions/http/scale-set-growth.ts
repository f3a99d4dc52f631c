import type { HttpResponseInit } from '@azure/functions';
import { GrowRequest, maxCapacity, ResourceName } from '../../shared/contracts';
import type { ScaleSetRow } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { wakeOwner } from './owners';
import { accepted } from './owner-routes';
import { parseBody, idempotencyKey, pathParameter, type Call } from './route';
import { changeScaleSet } from './scale-set-changes';
import { scaleSetView } from './scale-set-view';

/** Keys of growths that a row remembers; a key resent after so many others counts as a new one. */
const keysKept = 100;

interface Growth {
  add: number;
  key?: string;
}

/** POST /api/scale-sets/{name}/grow: so many more VMs than are desired now. */
export async function growScaleSet(app: App, { request, durable }: Call): Promise<HttpResponseInit> {
  const name = pathParameter(request, 'name', ResourceName);
  const { add } = await parseBody(request, GrowRequest);
  const key = idempotencyKey({ request });
  // What is desired and the key are one row: concurrent growths all count, and a key counts once.
  const row = await changeScaleSet(app, name, (kept) =>
    isKnown(kept, { add, key }) ? kept : grown(kept, { add, key }),
  );
  // A repeat wakes too: the first call may have been cut off between its write and here.
  await wakeOwner(durable, row.owner);
  return accepted('scale-sets', row.owner, await scaleSetView(app, row));
}

function isKnown(row: ScaleSetRow, { add, key }: Growth): boolean {
  const known = row.growths?.find((growth) => growth.key === key);
  if (!known) return false;
  if (known.add === add) return true;
  const message = `The Idempotency-Key was used to grow by ${known.add}: take a new key to grow by ${add}.`;
  throw new ApiError(409, 'IdempotencyKeyReused', message, { target: 'Idempotency-Key' });
}

function grown(row: ScaleSetRow, { add, key }: Growth): ScaleSetRow {
  const capacity = row.capacity + add;
  if (capacity > maxCapacity) {
    const message = `${row.capacity} VMs are desired, and a scale set has at most ${maxCapacity}: grow by at most ${maxCapacity - row.capacity}.`;
    throw new ApiError(400, 'CapacityTooLarge', message, { target: 'add' });
  }
  const growths = key === undefined ? row.growths : [...(row.growths ?? []), { key, add }].slice(-keysKept);
  return { ...row, capacity, growths };
}

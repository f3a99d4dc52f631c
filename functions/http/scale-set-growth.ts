import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { GrowRequest, maxCapacity, ResourceName } from '../../shared/contracts';
import type { ScaleSetRow } from '../../shared/domain';
import { ApiError, RecordConflict } from '../../shared/errors';
import type { App } from '../app';
import { findOwner, refuseDeleting, wakeOwner } from './owners';
import { accepted } from './owner-routes';
import { parseBody, parseShape, pathParameter, type Call } from './route';
import { scaleSetView } from './scale-sets';

/** Keys of growths that a row remembers; a key resent after so many others counts as a new one. */
const keysKept = 100;
/** At each conflict somebody else's change has come through: so many may do so before one is told to repeat. */
const writeAttempts = 50;

/** POST /api/scale-sets/{name}/grow: so many more VMs than are desired now. */
export async function growScaleSet(app: App, { request, durable }: Call): Promise<HttpResponseInit> {
  const name = pathParameter(request, 'name', ResourceName);
  const { add } = await parseBody(request, GrowRequest);
  const header = request.headers.get('idempotency-key');
  const key = header === null ? undefined : parseShape(header, z.string().min(1).max(200), 'Idempotency-Key');
  const row = await grow(app, name, { add, key });
  // A repeat wakes too: the first call may have been cut off between its write and here.
  await wakeOwner(durable, row.owner);
  return accepted('scale-sets', row.owner, await scaleSetView(app, row));
}

/** What is desired and the key are one row, written by its etag: concurrent growths all count, and a key counts once. */
async function grow(app: App, name: string, growth: { add: number; key?: string }): Promise<ScaleSetRow> {
  for (let attempt = 1; ; attempt++) {
    const record = await findOwner(app, 'scale-set', { name });
    refuseDeleting(record.value);
    if (isKnown(record.value, growth)) return record.value;
    const value = grown(record.value, growth);
    try {
      await app.records.replace('resources', { ...record, value });
      return value;
    } catch (error) {
      if (!(error instanceof RecordConflict) || attempt === writeAttempts) throw error;
    }
  }
}

function isKnown(row: ScaleSetRow, { add, key }: { add: number; key?: string }): boolean {
  const known = row.growths?.find((growth) => growth.key === key);
  if (!known) return false;
  if (known.add === add) return true;
  const message = `The Idempotency-Key was used to grow by ${known.add}: take a new key to grow by ${add}.`;
  throw new ApiError(409, 'IdempotencyKeyReused', message, { target: 'Idempotency-Key' });
}

function grown(row: ScaleSetRow, { add, key }: { add: number; key?: string }): ScaleSetRow {
  const capacity = row.capacity + add;
  if (capacity > maxCapacity) {
    const message = `${row.capacity} VMs are desired, and a scale set has at most ${maxCapacity}: grow by at most ${maxCapacity - row.capacity}.`;
    throw new ApiError(400, 'CapacityTooLarge', message, { target: 'add' });
  }
  const growths = key === undefined ? row.growths : [...(row.growths ?? []), { key, add }].slice(-keysKept);
  return { ...row, capacity, growths };
}

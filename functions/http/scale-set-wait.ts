import type { HttpResponseInit } from '@azure/functions';
import {
  maxCapacity,
  maxWorkersPerInstance,
  ResourceName,
  ScaleSetWaitFor,
  type ScaleSetView,
} from '../../shared/contracts';
import type { ScaleSetRow } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { getResource } from '../records/resources';
import { findOwner } from './owners';
import { parseShape, pathParameter, queryNumber, type Call } from './route';
import { scaleSetView } from './scale-set-view';

/**
 * GET /api/scale-sets/{name}/wait. 200 where it is as asked for, 202 where time is up: ask again. Azure cuts an answer
 * after about 230 s, so this one comes in time.
 */
export async function waitForScaleSet(app: App, { request }: Call): Promise<HttpResponseInit> {
  const name = pathParameter(request, 'name', ResourceName);
  const waitFor = parseShape(request.query.get('for') ?? 'enrolled', ScaleSetWaitFor, 'for');
  const atLeast = queryNumber(request, 'atLeast', { max: maxCapacity * maxWorkersPerInstance });
  if (atLeast !== undefined && waitFor === 'deleted')
    throw new ApiError(
      400,
      'InvalidRequest',
      'atLeast goes with for=enrolled (VMs) and for=ready (workers) alone.',
      { target: 'atLeast' },
    );
  const seconds = queryNumber(request, 'timeoutSeconds', { fallback: 100, max: 200 })!;
  const deadline = Date.now() + seconds * 1000;
  const first = await getResource(app.records, 'scale-set', name);
  for (;;) {
    const row =
      waitFor === 'deleted'
        ? (await getResource(app.records, 'scale-set', name))?.value
        : (await findOwner(app, 'scale-set', { name })).value;
    // A later incarnation of the name shows that the one waited for is gone.
    if (!row || (waitFor === 'deleted' && isAnother(row, first?.value)))
      return { jsonBody: { name, state: 'deleted' } };
    const view = await scaleSetView(app, row, { isShared: true });
    // At least, not exactly: one worker too many must keep nobody waiting.
    if (isReached(view, waitFor, atLeast)) return { jsonBody: view };
    const left = deadline - Date.now();
    if (left <= 0)
      return { status: 202, headers: { Location: request.url, 'Retry-After': '1' }, jsonBody: view };
    await new Promise((resolve) => setTimeout(resolve, Math.min(left, app.config.MUSTER_WAIT_POLL_MS)));
  }
}

function isReached(view: ScaleSetView, waitFor: ScaleSetWaitFor, atLeast: number | undefined): boolean {
  if (waitFor === 'enrolled') return view.capacity.enrolled >= (atLeast ?? view.capacity.desired);
  return waitFor === 'ready' && view.workers.ready >= (atLeast ?? view.workers.desired);
}

function isAnother(row: ScaleSetRow, first: ScaleSetRow | undefined): boolean {
  return row.owner.incarnation !== first?.owner.incarnation;
}

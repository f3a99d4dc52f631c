import type { HttpResponseInit } from '@azure/functions';
import { ResourceName, VirtualMachineWaitFor, type VirtualMachineView } from '../../shared/contracts';
import type { VirtualMachineRow } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { getResource } from '../records/resources';
import { findOwner, refuseDeleting } from './owners';
import { parseShape, pathParameter, queryNumber, type Call } from './route';
import { virtualMachineView } from './virtual-machine-view';

/**
 * GET /api/virtual-machines/{name}/wait. 200 where it is as asked for, 202 where time is up: ask again. A VM that cannot become
 * ready any more is 409, with its condition in the details. Azure cuts an answer after about 230 s, so this one comes in time.
 */
export async function waitForVirtualMachine(app: App, { request }: Call): Promise<HttpResponseInit> {
  const name = pathParameter(request, 'name', ResourceName);
  const waitFor = parseShape(request.query.get('for') ?? 'ready', VirtualMachineWaitFor, 'for');
  const seconds = queryNumber(request, 'timeoutSeconds', { fallback: 100, max: 200 })!;
  const deadline = Date.now() + seconds * 1000;
  const first = (await getResource(app.records, 'virtual-machine', name))?.value;
  for (;;) {
    const row = await rowNow(app, name, waitFor);
    // A later incarnation of the name shows that the one waited for is gone.
    if (!row || (waitFor === 'deleted' && row.owner.incarnation !== first?.owner.incarnation))
      return { jsonBody: { name, state: 'deleted' } };
    const view = await virtualMachineView(app, row);
    if (waitFor === 'ready') refuseHopeless(row, view);
    if (waitFor === 'ready' && view.state === 'ready') return { jsonBody: view };
    const left = deadline - Date.now();
    if (left <= 0)
      return { status: 202, headers: { Location: request.url, 'Retry-After': '1' }, jsonBody: view };
    await new Promise((resolve) => setTimeout(resolve, Math.min(left, app.config.MUSTER_WAIT_POLL_MS)));
  }
}

async function rowNow(
  app: App,
  name: string,
  waitFor: VirtualMachineWaitFor,
): Promise<VirtualMachineRow | undefined> {
  if (waitFor === 'deleted') return (await getResource(app.records, 'virtual-machine', name))?.value;
  return (await findOwner(app, 'virtual-machine', { name })).value;
}

function refuseHopeless(row: VirtualMachineRow, { name, state, condition }: VirtualMachineView): void {
  refuseDeleting(row);
  if (state !== 'failed') return;
  const why = condition?.message ?? 'No reason was kept.';
  const message = `'${name}' could not be made: ${why} Delete it, and make it again.`;
  const details = condition
    ? [{ code: condition.code, message: condition.message, target: 'condition' }]
    : [];
  throw new ApiError(409, 'VirtualMachineFailed', message, { details });
}

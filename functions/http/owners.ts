import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { DurableClient } from 'durable-functions';
import type { Owner, OwnerKind } from '../../shared/contracts';
import type { Place } from '../../shared/domain';
import { eventNames, orchestratorNames, ownerInstanceId } from '../../shared/durable';
import { ApiError } from '../../shared/errors';
import type { StoredRecord } from '../../shared/ports';
import type { App } from '../app';
import { getResource, type RowOf } from '../records/resources';
import { ensureRunning, raise } from '../orchestrations';
import { readManifest } from './manifest';

/** What scale sets and virtual machines have in common: names, places, owners, orchestrators. */

export function newOwner(kind: OwnerKind, name: string): Owner {
  return { kind, name, incarnation: randomBytes(4).toString('hex') };
}

/** Where the resources go (template, then manifest) and whom the VMs know. Throws 400 naming what is missing. */
export async function resolvePlace(
  app: App,
  template: Partial<Place>,
): Promise<Place & { adminUsername: string; sshPublicKeys: string[] }> {
  const manifest = await readManifest(app);
  const subscriptionId = template.subscriptionId ?? manifest?.subscriptionId;
  const resourceGroup = template.resourceGroup ?? manifest?.resourceGroup;
  if (!subscriptionId || !resourceGroup) {
    const message =
      'Neither the template nor a manifest names the subscription and the resource group: PUT /api/manifest.';
    throw new ApiError(400, 'ManifestMissing', message, { target: 'template' });
  }
  return {
    subscriptionId,
    resourceGroup,
    adminUsername: manifest?.sshUser ?? 'muster',
    sshPublicKeys: manifest?.sshPublicKeys ?? [],
  };
}

/** What every task and command of the resource gets. */
export function variablesOf({
  ompNumThreads,
  environmentVariables,
}: {
  ompNumThreads?: number;
  environmentVariables: Record<string, string>;
}): Record<string, string> {
  if (ompNumThreads === undefined) return environmentVariables;
  return { OMP_NUM_THREADS: String(ompNumThreads), ...environmentVariables };
}

/** The row of a live resource; 404 where there is none. */
export async function findOwner<Kind extends OwnerKind>(
  app: App,
  kind: Kind,
  { name, target }: { name: string; target?: string },
): Promise<StoredRecord<RowOf[Kind]>> {
  const record = await getResource(app.records, kind, name);
  if (record) return record;
  const collection = kind === 'scale-set' ? 'scale-sets' : 'virtual-machines';
  const message = `There is no ${kind} '${name}': PUT /api/${collection}/${name} makes one.`;
  throw new ApiError(404, kind === 'scale-set' ? 'ScaleSetNotFound' : 'VirtualMachineNotFound', message, {
    target,
  });
}

/** A name that is on its way out cannot be had again before Azure confirms that everything under it is gone. */
export function refuseDeleting(row: RowOf[OwnerKind]): void {
  if (row.wanted === 'present') return;
  const message = `'${row.owner.name}' is being deleted: repeat the request when GET answers 404.`;
  throw new ApiError(409, 'BeingDeleted', message, { retryAfterMs: 5000 });
}

/** Every field that differs from what the resource was made with; those need a new resource. */
export function refuseChanges(kept: Record<string, unknown>, asked: Record<string, unknown>): void {
  const details = Object.keys(kept)
    .filter((field) => !isDeepStrictEqual(kept[field], asked[field]))
    .map((field) => ({
      code: 'FixedField',
      target: field,
      message: `is ${JSON.stringify(kept[field])} since the creation and cannot be changed.`,
    }));
  if (details.length === 0) return;
  const message = `Exists already, made differently: ${details.map((detail) => detail.target).join(', ')}. Choose another name, or delete it first.`;
  throw new ApiError(409, 'AlreadyExists', message, { details });
}

/** Tells the orchestrator that something changed; starts it where it is not running (a crash may have come between). */
export async function wakeOwner(durable: DurableClient, owner: Owner): Promise<void> {
  const name = owner.kind === 'scale-set' ? orchestratorNames.scaleSet : orchestratorNames.virtualMachine;
  const wasRunning = await ensureRunning(durable, {
    name,
    instanceId: ownerInstanceId(owner),
    input: { owner },
  });
  if (wasRunning) await raise(durable, ownerInstanceId(owner), eventNames.desiredChanged);
}

/** Writes the wish that the resource be gone, and wakes its orchestrator. Repeating it is no error. */
export async function requestRemoval(
  app: App,
  durable: DurableClient,
  { kind, name }: { kind: OwnerKind; name: string },
): Promise<Owner> {
  const record = await findOwner(app, kind, { name });
  const { owner, wanted } = record.value;
  if (wanted === 'present')
    await app.records.replace('resources', { ...record, value: { ...record.value, wanted: 'absent' } });
  await wakeOwner(durable, owner);
  return owner;
}

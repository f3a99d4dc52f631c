import { randomUUID } from 'node:crypto';
import type { Azure } from '../../azure';
import { badRequest, conflict, invalidParameter, notImplemented } from '../../resource-manager/errors';
import { newEtag } from '../../resource-manager/preconditions';
import type { ArmCall } from '../../resource-manager/provider';
import { formatResourceId, lastName } from '../../resource-manager/resource-id';
import { checkLocation, type TrackedBody } from '../../resource-manager/tracked-resource';
import { assignIdentity } from './identity';
import {
  checkEnum,
  checkModel,
  checkSimulated,
  checkSize,
  completeModel,
  requireParameter,
  takeSecrets,
} from './model-checks';
import { isSpot, SCALE_SETS, type ScaleSet, type ScaleSetProperties } from './models';

export type ScaleSetBody = Omit<TrackedBody, 'properties'> & { properties?: Partial<ScaleSetProperties> };

const MOST_IN_ONE_PLACEMENT_GROUP = 100;
const MOST_INSTANCES = 1000;

/** JSON merge: objects member by member, everything else replaced. */
export function mergeJson(base: unknown, change: unknown): unknown {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(base) || !isObject(change)) return change;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete merged[key];
    else merged[key] = mergeJson(base[key], value);
  }
  return merged;
}

/** The set as the request wants it, checked and completed; `existing` stays untouched. */
export function wantedScaleSet(call: ArmCall, existing: ScaleSet | undefined, body: ScaleSetBody): ScaleSet {
  const id = formatResourceId(call.id);
  const location = call.method === 'PATCH' ? existing?.location : checkLocation(call, SCALE_SETS, existing);
  const before: Partial<ScaleSetProperties> = existing ? structuredClone(existing.properties) : {};
  const change = structuredClone(body.properties ?? {});
  const properties = (
    call.method === 'PATCH' ? mergeJson(before, change) : { ...before, ...change }
  ) as ScaleSetProperties;
  const now = new Date(call.azure.clock.now()).toISOString();
  const sku = { ...(existing?.sku ?? {}), ...(body.sku ?? {}) };
  const set: ScaleSet = {
    name: existing?.name ?? lastName(id),
    id: existing?.id ?? id,
    type: SCALE_SETS,
    location: location ?? '',
    tags: body.tags ?? existing?.tags ?? {},
    ...pickDefined({ zones: body.zones ?? existing?.zones, plan: body.plan ?? existing?.plan }),
    ...(Object.keys(sku).length > 0
      ? { sku: { name: sku.name ?? '', tier: sku.tier ?? 'Standard', capacity: sku.capacity ?? 0 } }
      : {}),
    etag: newEtag(),
    properties,
    state: existing?.state ?? {
      customData: '',
      userData: '',
      nextInstanceId: 0,
      modelVersion: 0,
      isWriting: false,
      activeOperations: 0,
      isDeleting: false,
      statusTime: now,
    },
  };
  const identity = body.identity ?? existing?.identity;
  if (identity) set.identity = assignIdentity(call.azure, set.id, identity);
  properties.uniqueId ??= randomUUID();
  properties.timeCreated ??= now;
  properties.orchestrationMode ??= 'Uniform';
  checkScaleSet(call.azure, set, existing);
  return set;
}

function pickDefined<T extends Record<string, unknown>>(members: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

function checkScaleSet(azure: Azure, set: ScaleSet, existing: ScaleSet | undefined): void {
  const { properties } = set;
  checkEnum(properties.orchestrationMode, ['Uniform', 'Flexible'], 'orchestrationMode');
  checkUnchangeable(set, existing);
  if (properties.orchestrationMode === 'Uniform') checkUniform(set);
  else checkFlexible(set);
  checkCapacity(set);
  checkSetSimulated(set);
  const model = properties.virtualMachineProfile;
  if (!model) return;
  checkSimulated(model);
  requireParameter(set.sku?.name, 'sku.name');
  const where = { size: set.sku?.name, location: set.location ?? '' };
  checkSize(azure, { ...where, zones: set.zones ?? [], resource: set.name });
  // The password was taken out of the model when it first came; an update need not bring it again.
  if (!existing || model.osProfile?.adminPassword) checkModel(azure, model, where);
  else checkModel(azure, { ...model, osProfile: { ...model.osProfile, adminPassword: 'kept' } }, where);
}

/** Policies under which Azure acts by itself; here nothing would happen, so they are refused. */
function checkSetSimulated({ properties }: ScaleSet): void {
  const isOn = (policy: unknown): boolean => (policy as { enabled?: boolean } | undefined)?.enabled === true;
  if (isOn(properties['automaticRepairsPolicy'])) throw notImplemented('automatic instance repairs');
  if (isOn(properties['spotRestorePolicy'])) throw notImplemented('spot try-and-restore');
  if (properties.upgradePolicy?.mode === 'Rolling') throw notImplemented('rolling upgrades');
  if (properties['skuProfile']) throw notImplemented('instance mix (skuProfile)');
}

function checkUnchangeable(set: ScaleSet, existing: ScaleSet | undefined): void {
  if (!existing) return;
  const refuse = (name: string): never => {
    throw conflict('PropertyChangeNotAllowed', `Changing property '${name}' is not allowed.`);
  };
  if (existing.properties.orchestrationMode !== set.properties.orchestrationMode) refuse('orchestrationMode');
  if (existing.properties.singlePlacementGroup === false && set.properties.singlePlacementGroup === true)
    refuse('singlePlacementGroup');
  if (existing.properties.virtualMachineProfile?.priority !== set.properties.virtualMachineProfile?.priority)
    refuse('virtualMachineProfile.priority');
}

function checkUniform(set: ScaleSet): void {
  const { properties } = set;
  requireParameter(properties.virtualMachineProfile, 'virtualMachineProfile');
  requireParameter(properties.upgradePolicy, 'upgradePolicy');
  requireParameter(set.sku, 'sku');
  if (properties.priorityMixPolicy) {
    throw badRequest(
      'BadRequest',
      "The property 'priorityMixPolicy' is only allowed for VM scale sets with Flexible orchestration mode.",
      'priorityMixPolicy',
    );
  }
  properties.singlePlacementGroup ??= true;
  properties.overprovision ??= true;
  properties['doNotRunExtensionsOnOverprovisionedVMs'] ??= false;
}

function checkFlexible(set: ScaleSet): void {
  const { properties } = set;
  requireParameter(properties.platformFaultDomainCount, 'platformFaultDomainCount');
  if (properties.overprovision === true) {
    throw badRequest(
      'BadRequest',
      "The property 'overprovision' is not allowed for VM scale sets with Flexible orchestration mode.",
      'overprovision',
    );
  }
  properties.singlePlacementGroup ??= false;
  const profile = properties.virtualMachineProfile?.networkProfile;
  if (profile?.networkInterfaceConfigurations)
    requireParameter(profile.networkApiVersion, 'networkProfile.networkApiVersion');
  if (set.identity && /SystemAssigned/i.test(set.identity.type)) {
    throw badRequest(
      'BadRequest',
      'System assigned identity is not supported for VM scale sets with Flexible orchestration mode.',
      'identity',
    );
  }
  if (
    properties.priorityMixPolicy &&
    (!isSpot(properties.virtualMachineProfile) || properties.singlePlacementGroup)
  ) {
    throw badRequest(
      'BadRequest',
      "The property 'priorityMixPolicy' needs priority Spot and singlePlacementGroup false.",
      'priorityMixPolicy',
    );
  }
}

function checkCapacity(set: ScaleSet): void {
  const capacity = set.sku?.capacity ?? 0;
  const most = set.properties.singlePlacementGroup ? MOST_IN_ONE_PLACEMENT_GROUP : MOST_INSTANCES;
  if (Number.isInteger(capacity) && capacity >= 0 && capacity <= most) return;
  throw invalidParameter(
    `The value of parameter sku.capacity is invalid: ${capacity} is not between 0 and ${most}${most === MOST_IN_ONE_PLACEMENT_GROUP ? ', the most that a single placement group holds' : ''}.`,
    'sku.capacity',
  );
}

/** Moves write-only values out of the model; a write without them keeps the earlier ones. */
export function sealModel(set: ScaleSet): void {
  const model = set.properties.virtualMachineProfile;
  if (!model) return;
  completeModel(model);
  const secrets = takeSecrets(model);
  set.state.customData = secrets.customData ?? set.state.customData;
  set.state.userData = secrets.userData ?? set.state.userData;
}

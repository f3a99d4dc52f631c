import { z } from 'zod';
import type { ObservedAgent } from './agents';
import type { InstanceRow } from './instances';
import { orderForDeletion } from './shrink';

/** Why a VM of a set is replaced. The first three are failed boots. */
export const DepartureReason = z.enum([
  'ProvisioningFailed',
  'JoinTimedOut',
  'EnvironmentFailed',
  'Silent',
  'Evicted',
]);
export type DepartureReason = z.infer<typeof DepartureReason>;

export const Departure = z.object({
  instanceId: z.string(),
  vmId: z.string(),
  name: z.string(),
  resourceId: z.string(),
  reason: DepartureReason,
  message: z.string(),
});
export type Departure = z.infer<typeof Departure>;

export function isFailedBoot({ reason }: Pick<Departure, 'reason'>): boolean {
  return reason === 'ProvisioningFailed' || reason === 'JoinTimedOut' || reason === 'EnvironmentFailed';
}

export interface DepartureSettings {
  joinLimitMs: number;
  replaceSilentMs: number;
}

export interface Members {
  /** Without those that Azure is deleting. */
  instances: readonly InstanceRow[];
  agents: ReadonlyMap<string, ObservedAgent>;
  listedAt: string;
  desired: number;
  /** VMs whose every worker was removed by a request, and whether their tasks are not waited for. */
  removals: ReadonlyMap<string, { isForced: boolean }>;
  /** Since when the looks have come without a long gap: only silence that somebody could hear counts. */
  watchedSince: string;
  now: Date;
  settings: DepartureSettings;
}

export interface Departures {
  /** For a fault; a new VM takes the place of each. */
  replaced: Departure[];
  /** Instance ids of those that nobody wants any more: removed by a request and idle, then too many. */
  released: string[];
  /** Removed by request, still busy: they stay until they are idle. */
  draining: number;
  /** So many fell silent at once that the fault is more likely on this side: none of them is replaced yet. */
  isMassSilence: boolean;
}

/** Of the silent ones at most this share of the set goes in one round: it may be they who are right. */
const silentShare = 0.1;
/** Of the others so many: none of them works, but what is told of each has to be kept. */
const failedAtOnce = 100;
/** Below so many, two silent VMs are no mass. */
const massFrom = 4;
/** After so many times the usual limit even a mass is taken for lost. */
const massPatience = 5;

/** Decides which VMs go now, and why: faults first (bounded), then what was removed by name, then what is too many. */
export function chooseDepartures(members: Members): Departures {
  const { instances, agents } = members;
  const silent = instances.filter((one) => agents.get(one.vmId)?.state === 'lost');
  const isMassSilence =
    silent.length >= massFrom && silent.length * 2 > instances.length && !isLongSilent(members, silent);
  const faulty = instances.flatMap((one) => faultOf(one, members, isMassSilence) ?? []);
  const isSilent = ({ reason }: Departure): boolean => reason === 'Silent';
  const silentAtOnce = Math.max(1, Math.ceil(instances.length * silentShare));
  const replaced = [
    ...faulty.filter((one) => !isSilent(one)).slice(0, failedAtOnce),
    ...faulty.filter(isSilent).slice(0, silentAtOnce),
  ];
  const going = new Set(replaced.map((one) => one.vmId));
  const removed = instances.filter((one) => members.removals.has(one.vmId) && !going.has(one.vmId));
  const idle = removed.filter(
    (one) => members.removals.get(one.vmId)?.isForced || !isBusy(agents.get(one.vmId)),
  );
  const staying = instances.filter((one) => !going.has(one.vmId) && !members.removals.has(one.vmId));
  const surplus = orderForDeletion(staying, agents).slice(0, Math.max(0, staying.length - members.desired));
  return {
    replaced,
    released: [...idle, ...surplus].map((one) => one.instanceId),
    draining: removed.length - idle.length,
    isMassSilence,
  };
}

/** When something about a listed VM first seemed wrong; null where nothing does. A list from after that is needed to act on it. */
export function suspectedAt(
  instance: InstanceRow,
  agent: ObservedAgent | undefined,
  { now, settings }: Pick<Members, 'now' | 'settings'>,
): string | null {
  const isPast = (time: string): boolean => Date.parse(time) <= now.getTime();
  if (agent?.goesAt && isPast(agent.goesAt)) return agent.goesAt;
  if (agent?.state === 'lost') return agent.leaseExpiresAt;
  if (hasJoined(agent)) return null;
  const deadline = joinDeadline(instance, agent, settings.joinLimitMs);
  return isPast(deadline) ? deadline : null;
}

function faultOf(instance: InstanceRow, members: Members, isMassSilence: boolean): Departure | undefined {
  const { agents, listedAt, now, settings, watchedSince } = members;
  const agent = agents.get(instance.vmId);
  if (instance.provisioningState === 'Failed' && !hasJoined(agent))
    return departure(instance, 'ProvisioningFailed', 'Azure could not provision the VM.');
  if (agent?.preparation?.state === 'failed')
    return departure(instance, 'EnvironmentFailed', agent.preparation.message);
  const since = suspectedAt(instance, agent, members);
  if (since === null || Date.parse(since) > Date.parse(listedAt)) return undefined;
  if (agent?.goesAt) return departure(instance, 'Evicted', 'Azure has taken the Spot VM away.');
  if (agent?.state === 'lost') {
    const silentMs = now.getTime() - Math.max(Date.parse(since), Date.parse(watchedSince));
    if (isMassSilence || silentMs < settings.replaceSilentMs) return undefined;
    const message = `Its agent has not called since ${agent.lastSeenAt}.`;
    return departure(instance, 'Silent', message);
  }
  const seconds = Math.round(settings.joinLimitMs / 1000);
  const last = agent?.stage ? ` Its last sign was the stage '${agent.stage}' at ${agent.lastSeenAt}.` : '';
  return departure(
    instance,
    'JoinTimedOut',
    `No worker of it has enrolled, and ${seconds} s went by without a sign of progress.${last}`,
  );
}

function isLongSilent({ now, agents, settings, watchedSince }: Members, silent: InstanceRow[]): boolean {
  const first = Math.min(...silent.map((one) => Date.parse(agents.get(one.vmId)?.leaseExpiresAt ?? '')));
  const silentMs = now.getTime() - Math.max(first, Date.parse(watchedSince));
  return silentMs >= settings.replaceSilentMs * massPatience;
}

/** Once it has enrolled, its lease tells how it is. */
function hasJoined(agent: ObservedAgent | undefined): boolean {
  return agent !== undefined && agent.state !== 'booting' && agent.state !== 'pending';
}

function joinDeadline(instance: InstanceRow, agent: ObservedAgent | undefined, limitMs: number): string {
  const signs = [instance.createdAt, instance.firstListedAt, instance.stateSince, agent?.lastSeenAt];
  const last = Math.max(...signs.map((sign) => (sign ? Date.parse(sign) : 0)));
  return new Date(last + limitMs).toISOString();
}

function isBusy(agent: ObservedAgent | undefined): boolean {
  return agent !== undefined && agent.state !== 'lost' && agent.runningTasks > 0;
}

function departure(instance: InstanceRow, reason: DepartureReason, message: string): Departure {
  const { instanceId, vmId, name, resourceId } = instance;
  return { instanceId, vmId, name, resourceId, reason, message };
}

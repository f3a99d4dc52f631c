import { isAtWork, type ObservedAgent } from './agents';
import { chooseDepartures, suspectedAt, type DepartureSettings, type Departures } from './departures';
import type { InstanceRow } from './instances';
import type { ListingReasons } from './listing';
import type { MemberCounts, ScaleSetSnapshot } from './snapshot';

export interface Gathered {
  instances: readonly InstanceRow[];
  agents: readonly ObservedAgent[];
  now: Date;
  settings: DepartureSettings;
}

/** Agents told of in one look; the rest is told of in the next ones. */
const goneAtOnce = 100;

/** Why the VMs should be listed, told from what is known without a list. */
export function listingReasons(
  gathered: Gathered,
  look: { changedAt: string | null; desired: number; busyLookMs: number },
): ListingReasons {
  const { instances, agents } = gathered;
  const known = new Map(agents.map((agent) => [agent.agentId, agent]));
  const listed = new Set(instances.map((instance) => instance.vmId));
  const suspicions = instances.flatMap((one) => suspectedAt(one, known.get(one.vmId), gathered) ?? []);
  const isCaller = (agent: ObservedAgent): boolean => agent.state === 'pending' || agent.state === 'booting';
  const isAwaited = instances.some(
    (one) => one.provisioningState !== 'Succeeded' && !known.get(one.vmId)?.enrolledAt,
  );
  const isShrinking = staying(instances).length > look.desired;
  return {
    changedAt: look.changedAt,
    hasUnknownCaller: agents.some((agent) => isCaller(agent) && !listed.has(agent.agentId)),
    suspectedAt: suspicions.sort().at(-1) ?? null,
    freshWithinMs: isShrinking ? look.busyLookMs : isAwaited ? awaitedMs : null,
  };
}

/** While VMs are being made their states are looked at so often, beyond what else asks for a list. */
const awaitedMs = 30_000;

export const nobodyGoes: Departures = { replaced: [], released: [], draining: 0, isMassSilence: false };

export type Digest = Pick<ScaleSetSnapshot, 'members' | 'departures' | 'gone' | 'lastEnrolledAt'>;

/** What of a set's VMs and agents a plan decides by. */
export function digest(
  gathered: Gathered,
  look: {
    desired: number;
    removals: readonly { vmId: string; isForced: boolean }[];
    listedAt: string | null;
    watchedSince: string | null;
  },
): Digest {
  const { instances, agents, now, settings } = gathered;
  const known = new Map(agents.map((agent) => [agent.agentId, agent]));
  const present = staying(instances);
  const departures: Departures =
    look.listedAt === null
      ? nobodyGoes
      : chooseDepartures({
          instances: present,
          agents: known,
          desired: look.desired,
          removals: new Map(look.removals.map((one) => [one.vmId, one])),
          listedAt: look.listedAt,
          watchedSince: look.watchedSince ?? now.toISOString(),
          now,
          settings,
        });
  return {
    members: count(present, known),
    departures,
    gone: goneAgents(gathered, look.listedAt),
    lastEnrolledAt:
      agents
        .flatMap((agent) => agent.enrolledAt ?? [])
        .sort()
        .at(-1) ?? null,
  };
}

function staying(instances: readonly InstanceRow[]): InstanceRow[] {
  return instances.filter((instance) => instance.provisioningState !== 'Deleting');
}

function count(present: readonly InstanceRow[], known: ReadonlyMap<string, ObservedAgent>): MemberCounts {
  const members = present.map((instance) => ({ instance, agent: known.get(instance.vmId) }));
  const countOf = (isSo: (member: (typeof members)[number]) => boolean): number =>
    members.filter(isSo).length;
  return {
    total: members.length,
    provisioned: countOf(
      ({ instance, agent }) => instance.provisioningState === 'Succeeded' || !!agent?.enrolledAt,
    ),
    enrolled: countOf(({ agent }) => agent !== undefined && isAtWork(agent)),
    booting: countOf(({ agent }) => agent?.state === 'booting'),
    preparing: countOf(({ agent }) => agent?.preparation?.state === 'preparing'),
    silent: countOf(({ agent }) => agent?.state === 'lost'),
    evicting: countOf(({ agent }) => agent !== undefined && agent.goesAt !== null),
    regular: countOf(({ instance }) => instance.priority !== 'Spot'),
  };
}

/** An agent is gone where a list made after its last sign of life does not show its VM. */
function goneAgents(
  { instances, agents, settings }: Gathered,
  listedAt: string | null,
): ScaleSetSnapshot['gone'] {
  if (listedAt === null) return [];
  const listed = new Set(instances.map((instance) => instance.vmId));
  const hasGone = (agent: ObservedAgent): boolean => {
    if (listed.has(agent.agentId)) return false;
    // One that was never admitted may be a VM that no list shows yet.
    const patienceMs = agent.enrolledAt === null ? settings.joinLimitMs : 0;
    return Date.parse(listedAt) > Date.parse(agent.lastSeenAt) + patienceMs;
  };
  return agents
    .filter(hasGone)
    .slice(0, goneAtOnce)
    .map(({ agentId, name, goesAt }) => ({ agentId, name, wasEvicted: goesAt !== null }));
}

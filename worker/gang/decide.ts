import type { GangMember, GangNode, LeaveReason } from '../../shared/contracts/gangs';

/** A member as its head sees it. */
export interface SeenMember {
  member: GangMember;
  isLeased: boolean;
}

/** Whom a head takes: VMs that are there, each of a name of its own, for MPI knows them by it. Undefined: not enough yet. */
export function chooseNodes(
  head: GangNode,
  members: readonly SeenMember[],
  nodes: number,
): GangNode[] | undefined {
  const chosen = [head];
  for (const { member, isLeased } of members) {
    const isKnown = chosen.some(
      ({ agentId, host }) => agentId === member.node.agentId || host === member.node.host,
    );
    if (isLeased && !member.left && !isKnown && chosen.length < nodes) chosen.push(member.node);
  }
  return chosen.length === nodes ? chosen : undefined;
}

interface Forming {
  nodes: number;
  /** VMs of the owner that are at work; undefined where the control plane did not say. */
  present: number | undefined;
  waitedMs: number;
  limitMs: number;
}

/** Whether a head that has not all its members goes on waiting. It holds workers meanwhile, and keeps others from forming. */
export function mayGoOn({ nodes, present, waitedMs, limitMs }: Forming): boolean {
  return waitedMs < limitMs && (present === undefined || present >= nodes);
}

/** Why a head has to wait with its whole gang: another forms (`busy`), or its VMs did not come (`short`). */
export type PutOff = 'busy' | 'short';

/** So long nobody sees its task; at random, so that two heads do not meet again and again. `random`: 0 to 1. */
export function putOffMs(why: PutOff, retryMs: number, random: number): number {
  return retryMs * (why === 'busy' ? 1 : 5) * (1 + 2 * random);
}

/** One that was lost, or left of its own, takes the gang with it. Undefined: all are there, or have left as they were told. */
export type Loss = { agentId: string; reason: Exclude<LeaveReason, 'ended'> | 'silent' };

export function lossOf({ node, left }: GangMember, presence: Presence): Loss | undefined {
  const { agentId } = node;
  if (left) return left.reason === 'ended' ? undefined : { agentId, reason: left.reason };
  return presence === 'lost' ? { agentId, reason: 'silent' } : undefined;
}

export type Presence = 'there' | 'silent' | 'lost';

/**
 * Tells whether one is still there by the lease on its blob. A lapsed lease alone does not mean that it is gone: storage may have been
 * away for both, so it has half a lease to renew it before our eyes.
 */
export class PresenceWatch {
  #silentSince: number | undefined;

  constructor(readonly leaseMs: number) {}

  note(isLeased: boolean, now: number = performance.now()): Presence {
    if (isLeased) {
      this.#silentSince = undefined;
      return 'there';
    }
    this.#silentSince ??= now;
    return now - this.#silentSince >= this.leaseMs / 2 ? 'lost' : 'silent';
  }

  /** Storage did not answer: what was seen before says nothing. */
  blind(): void {
    this.#silentSince = undefined;
  }
}

import { gangCallBlob, gangHeadBlob } from '../../shared/contracts/blob-names';
import type { GangCall, GangHead, GangName, GangNode } from '../../shared/contracts/gangs';
import { sleep } from '../backoff';
import type { JobSpecification } from '../../shared/contracts/job-specification';
import type { MemberList } from '../command/members';
import { describeError, type Log } from '../log';
import { BlobLease } from './blob-lease';
import { chooseNodes, mayGoOn, type PutOff } from './decide';
import type { GangDesk } from './desk';
import type { LeasedBlobs } from './leased-blobs';
import { GangMembers } from './members';
import { putGangSpecification } from './specification';

export interface GatherParts {
  blobs: LeasedBlobs;
  desk: GangDesk;
  /** Of the owner, as the control plane tells. */
  present: MemberList;
  leaseMs: number;
  formMs: number;
  log: Log;
}

/** A gang whose VMs are all there; its head's lease is kept. */
export interface Assembled {
  name: GangName;
  /** The head first. */
  nodes: GangNode[];
  lease: BlobLease;
  members: GangMembers;
}

export type Gathered = { kind: 'assembled'; gang: Assembled } | { kind: 'put-off'; why: PutOff | 'ended' };

const shortPauseMs = 200;
const pauseMs = 1000;
/** How often the control plane is asked who is at work. */
const presentMs = 5000;

export interface Wanted {
  name: GangName;
  specification: JobSpecification;
  head: GangNode;
  nodes: number;
}

/**
 * Calls for members and waits for them. INVARIANT: of one owner at most one gang forms at a time (the call's lease), so that no two hold
 * some of each other's VMs; a gang that could not form holds nothing when this returns (docs/adr/0017).
 */
export async function gather(parts: GatherParts, wanted: Wanted, ends: AbortSignal[]): Promise<Gathered> {
  const { blobs, desk, log } = parts;
  const { name, head, nodes } = wanted;
  await blobs.create(gangCallBlob, { forming: null } satisfies GangCall);
  const call = await BlobLease.take(gangCallBlob, parts);
  if (!call) return { kind: 'put-off', why: 'busy' };
  let lease: BlobLease | undefined;
  try {
    desk.enter(name);
    lease = await openGang(parts, wanted);
    if (!lease) return { kind: 'put-off', why: 'ended' };
    await call.write({ forming: { ...name, head, nodes } } satisfies GangCall);
    const members = new GangMembers(blobs, name);
    const gathered = await waitForMembers(parts, { ...wanted, members }, [...ends, call.lost, lease.lost]);
    log('info', 'gang-gathered', { outcome: Array.isArray(gathered) ? 'assembled' : gathered, nodes });
    if (!Array.isArray(gathered)) return { kind: 'put-off', why: gathered };
    if (!(await lease.write({ state: 'assembled', nodes: gathered } satisfies GangHead)))
      return { kind: 'put-off', why: 'busy' };
    const gang = { name, nodes: gathered, lease, members };
    lease = undefined;
    return { kind: 'assembled', gang };
  } finally {
    if (lease) await endGang(lease);
    if (!call.lost.aborted) await call.write({ forming: null } satisfies GangCall);
    await call.release();
  }
}

/** The blob that members go by, and its lease. */
async function openGang(
  { blobs, leaseMs, log }: GatherParts,
  { name, specification }: Wanted,
): Promise<BlobLease | undefined> {
  const blob = gangHeadBlob(name);
  await putGangSpecification(name, specification, blobs);
  await blobs.create(blob, { state: 'forming', nodes: [] } satisfies GangHead);
  return BlobLease.take(blob, { blobs, leaseMs, log });
}

/** Members see it at their next look, and go. */
export async function endGang(lease: BlobLease): Promise<void> {
  await lease.write({ state: 'ended', nodes: [] } satisfies GangHead);
  await lease.release();
}

async function waitForMembers(
  { present: list, formMs, log }: GatherParts,
  { head, nodes, members }: { head: GangNode; nodes: number; members: GangMembers },
  ends: AbortSignal[],
): Promise<GangNode[] | PutOff | 'ended'> {
  const begunAt = performance.now();
  let present: number | undefined;
  for (let askedAt = -Infinity; !ends.some((end) => end.aborted);) {
    try {
      const chosen = chooseNodes(head, await members.look(), nodes);
      if (chosen) return chosen;
    } catch (error) {
      log('warning', 'members-not-listed', describeError(error));
    }
    const waitedMs = performance.now() - begunAt;
    if (performance.now() - askedAt >= presentMs) {
      present = await vmsAtWork(list);
      askedAt = performance.now();
    }
    if (!mayGoOn({ nodes, present, waitedMs, limitMs: formMs })) return 'short';
    await sleep(waitedMs < 10_000 ? shortPauseMs : pauseMs, ...ends);
  }
  return 'ended';
}

/** Undefined: nobody can tell. */
async function vmsAtWork(list: MemberList): Promise<number | undefined> {
  const { workers } = await list.read();
  return workers.length === 0 ? undefined : new Set(workers.map(({ address }) => address)).size;
}

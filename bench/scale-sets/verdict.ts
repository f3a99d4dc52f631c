import { phaseOf, type Phase, type SizeResult } from './report';

const most = { armWrites: 10, moreEvents: 200, storageDrift: 0.1, enrolMs: 10_000 };

/** Storage operations a lease costs: the row is read and written. */
const perRenewal = 2;

/**
 * Storage operations of a phase for each VM that came, without what time brings (looks at queues, leases) and what the phase
 * costs without any VM, `base`.
 */
export function storagePerVm(phase: Phase, base: number): number {
  return (storageOfJoining(phase) - base) / phase.booted;
}

export function storageOfJoining({ storage, http }: Phase): number {
  return storage.operations - perRenewal * (http.byCall['POST /api/workers/lease'] ?? 0);
}

/** What of issue 4's numbers is not held, in sentences. */
export function findNotHeld(sizes: readonly SizeResult[]): string[] {
  const first = sizes[0];
  return sizes.flatMap((result) => [
    ...notHeldAlone(result),
    ...(first && first !== result ? notHeldBeside(first, result) : []),
  ]);
}

function notHeldAlone(result: SizeResult): string[] {
  const created = phaseOf(result, 'create and join');
  const { writes, refused } = created.arm;
  const lastMs = created.lastBootToAllEnrolledMs ?? Infinity;
  return [
    writes > most.armWrites && `${writes} writes to the resource manager, at most ${most.armWrites}`,
    refused > 0 && `${refused} calls were refused with 429, none may be`,
    lastMs > most.enrolMs && `the last VM enrolled ${lastMs} ms after the last boot, at most ${most.enrolMs}`,
  ].flatMap((text) => (text === false ? [] : [`${result.size} VMs, create and join: ${text}.`]));
}

function notHeldBeside(first: SizeResult, result: SizeResult): string[] {
  const [few, many] = [phaseOf(first, 'create and join'), phaseOf(result, 'create and join')];
  const more = many.durable.events - few.durable.events;
  const [less, now] = [storageOfJoining(few) / few.booted, storageOfJoining(many) / many.booted];
  return [
    more > most.moreEvents &&
      `${more} history events more than for ${first.size} VMs, at most ${most.moreEvents}`,
    now > less * (1 + most.storageDrift) &&
      `${now.toFixed(2)} storage operations a VM, ${less.toFixed(2)} for ${first.size} VMs: over ${most.storageDrift * 100} % more`,
  ].flatMap((text) => (text === false ? [] : [`${result.size} VMs, create and join: ${text}.`]));
}

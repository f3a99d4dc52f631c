import { seeded } from '../support/seeded';

/** What is done to the stack, and when: drawn from a seed, so that a run can be repeated. */

export const services = ['blob', 'queue', 'table'] as const;
export type Service = (typeof services)[number];

/**
 * `pick` chooses among those that are there at that moment. A stutter: of the calls some are refused, some fail after they have acted, of
 * some the answer is lost.
 */
export type Fault =
  | { kind: 'kill-agent'; pick: number }
  | { kind: 'freeze-agent'; pick: number; forMs: number }
  | { kind: 'pull-plug'; pick: number }
  | { kind: 'evict'; pick: number; noticeMs: number }
  | { kind: 'storage-away'; service: Service; forMs: number }
  | { kind: 'storage-stutters'; service: Service; forMs: number }
  | { kind: 'kill-host'; forMs: number }
  | { kind: 'host-stutters'; forMs: number }
  | { kind: 'lose-completions'; forMs: number }
  | { kind: 'double-messages'; forMs: number }
  | { kind: 'redeliver-messages'; forMs: number };

export interface Scheduled {
  atMs: number;
  fault: Fault;
}

type Draw = (random: () => number) => Fault;

const between = (random: () => number, from: number, to: number): number =>
  Math.round(from + random() * (to - from));
const pickOf = (random: () => number): number => between(random, 0, 999);

/** Once each, at least: nothing that is said to be survived goes untried. */
const draws: readonly Draw[] = [
  (random) => ({ kind: 'kill-agent', pick: pickOf(random) }),
  (random) => ({ kind: 'kill-agent', pick: pickOf(random) }),
  (random) => ({ kind: 'freeze-agent', pick: pickOf(random), forMs: between(random, 3500, 6000) }),
  (random) => ({ kind: 'pull-plug', pick: pickOf(random) }),
  (random) => ({ kind: 'evict', pick: pickOf(random), noticeMs: between(random, 500, 6000) }),
  ...services.flatMap((service): Draw[] => [
    (random) => ({ kind: 'storage-away', service, forMs: between(random, 1000, 5000) }),
    (random) => ({ kind: 'storage-stutters', service, forMs: between(random, 2000, 6000) }),
  ]),
  (random) => ({ kind: 'kill-host', forMs: between(random, 200, 5000) }),
  (random) => ({ kind: 'host-stutters', forMs: between(random, 2000, 6000) }),
  (random) => ({ kind: 'lose-completions', forMs: between(random, 1000, 5000) }),
  (random) => ({ kind: 'double-messages', forMs: between(random, 1000, 3000) }),
  (random) => ({ kind: 'redeliver-messages', forMs: between(random, 1000, 3000) }),
];

export interface ScheduleLimits {
  /** All faults begin within so long. */
  lengthMs: number;
  /** At most so many; beyond those that come once each, any. */
  count: number;
}

/** In order of time. The host is killed once at a time: two that kill it never overlap. */
export function drawSchedule(seed: number, { lengthMs, count }: ScheduleLimits): Scheduled[] {
  const random = seeded(seed);
  const order = shuffled(draws, random);
  const scheduled: Scheduled[] = [];
  let hostIsBackAt = 0;
  for (let index = 0; index < count; index++) {
    const atMs = Math.round(((index + random()) / count) * lengthMs);
    const draw = order[index] ?? draws[Math.floor(random() * draws.length)]!;
    const fault = draw(random);
    if (fault.kind === 'kill-host' && atMs < hostIsBackAt) continue;
    if (fault.kind === 'kill-host') hostIsBackAt = atMs + fault.forMs + hostStartMs;
    scheduled.push({ atMs, fault });
  }
  return scheduled;
}

/** What a start of the host may take on a busy machine. */
const hostStartMs = 10_000;

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const order = [...items];
  for (let index = order.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [order[index], order[other]] = [order[other]!, order[index]!];
  }
  return order;
}

/** One fault a line. */
export function describeSchedule(schedule: Scheduled[]): string {
  return schedule
    .map(({ atMs, fault: { kind, ...rest } }) => {
      const details = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
      return `  ${(atMs / 1000).toFixed(1).padStart(5)} s  ${[kind, ...details].join(', ')}`;
    })
    .join('\n');
}

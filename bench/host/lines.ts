export type LineId =
  | 'sequences-one-at-a-time'
  | 'sequences-64-at-once'
  | 'fan-out'
  | 'sub-orchestrations'
  | 'timers'
  | 'replay'
  | 'size'
  | 'size-compact'
  | 'timers-of-one'
  | 'sequences-over-http';

export type Unit = 'per second' | 'seconds' | 'bytes';

export interface Line {
  id: LineId;
  /** `#` stands for the size. */
  title: string;
  unit: Unit;
  /** How many of what the title names. */
  size: number;
  /** Whether DBOS is measured too, and Muster has to be ahead of it. */
  isCompared: boolean;
}

export const lines: Line[] = [
  {
    id: 'sequences-one-at-a-time',
    title: 'sequences of three activities, one at a time (# of them)',
    unit: 'per second',
    size: 300,
    isCompared: true,
  },
  {
    id: 'sequences-64-at-once',
    title: 'sequences of three activities, 64 at once (# of them)',
    unit: 'per second',
    size: 2_000,
    isCompared: true,
  },
  { id: 'fan-out', title: 'a fan-out of # activities', unit: 'seconds', size: 1_000, isCompared: true },
  { id: 'sub-orchestrations', title: '# sub-orchestrations', unit: 'seconds', size: 1_000, isCompared: true },
  {
    id: 'timers',
    title: '# timers due at once, one per orchestration',
    unit: 'seconds',
    size: 10_000,
    isCompared: true,
  },
  {
    id: 'replay',
    title: 'history of 2 x # events replayed after a kill',
    unit: 'seconds',
    size: 5_000,
    isCompared: true,
  },
  {
    id: 'size',
    title: 'database per finished sequence (of #)',
    unit: 'bytes',
    size: 2_000,
    isCompared: true,
  },
  {
    id: 'size-compact',
    title: 'the same, rewritten without gaps (of #)',
    unit: 'bytes',
    size: 2_000,
    isCompared: true,
  },
  {
    id: 'timers-of-one',
    title: '# timers due at once, all of one orchestration',
    unit: 'seconds',
    size: 10_000,
    isCompared: false,
  },
  {
    id: 'sequences-over-http',
    title: 'sequences over HTTP, one at a time (# of them)',
    unit: 'per second',
    size: 300,
    isCompared: false,
  },
];

export interface Sample {
  value: number;
  p50Ms?: number;
  p99Ms?: number;
}

export function isAhead(unit: Unit, ours: number, theirs: number): boolean {
  return unit === 'per second' ? ours > theirs : ours < theirs;
}

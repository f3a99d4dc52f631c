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
  /** Compared: Muster has to be ahead of DBOS. Shown: both are measured, for information. Own: DBOS has nothing like it. */
  role: 'compared' | 'shown' | 'own';
}

export const lines: Line[] = [
  {
    id: 'sequences-one-at-a-time',
    title: 'sequences of three activities, one at a time (# of them)',
    unit: 'per second',
    size: 300,
    role: 'compared',
  },
  {
    id: 'sequences-64-at-once',
    title: 'sequences of three activities, 64 at once (# of them)',
    unit: 'per second',
    size: 2_000,
    role: 'compared',
  },
  { id: 'fan-out', title: 'a fan-out of # activities', unit: 'seconds', size: 1_000, role: 'compared' },
  { id: 'sub-orchestrations', title: '# sub-orchestrations', unit: 'seconds', size: 1_000, role: 'compared' },
  {
    id: 'timers',
    title: '# timers due at once, one per orchestration',
    unit: 'seconds',
    size: 10_000,
    role: 'compared',
  },
  {
    id: 'replay',
    title: 'history of 2 x # events replayed after a kill',
    unit: 'seconds',
    size: 5_000,
    role: 'compared',
  },
  {
    id: 'size',
    title: 'database per finished sequence (of #)',
    unit: 'bytes',
    size: 2_000,
    role: 'compared',
  },
  {
    id: 'size-compact',
    title: 'the same, rewritten without gaps (of #)',
    unit: 'bytes',
    size: 2_000,
    role: 'shown',
  },
  {
    id: 'timers-of-one',
    title: '# timers due at once, all of one orchestration',
    unit: 'seconds',
    size: 10_000,
    role: 'own',
  },
  {
    id: 'sequences-over-http',
    title: 'sequences over HTTP, one at a time (# of them)',
    unit: 'per second',
    size: 300,
    role: 'own',
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

import { cpus, release, totalmem } from 'node:os';
import { isAhead, type Line, type Sample, type Unit } from './lines';
import { median } from './statistics';

/** One side's rounds of a line. */
export interface Rounds {
  median: number;
  values: number[];
  p50Ms?: number;
  p99Ms?: number;
}

export interface LineResult {
  id: string;
  title: string;
  unit: Unit;
  size: number;
  muster: Rounds;
  dbos?: Rounds;
  /** How many times better Muster is; below 1 it is behind. */
  times?: number;
  isAhead?: boolean;
}

export interface Report {
  at: string;
  isQuick: boolean;
  machine: Record<string, string | number>;
  settings: Record<string, Record<string, string>>;
  lines: LineResult[];
  /** Whether Muster is ahead of DBOS on every compared line; undefined when DBOS was left out. */
  isHeld?: boolean;
}

export function machine(): Report['machine'] {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  };
}

export function lineResult(line: Line, ours: Sample[], theirs: Sample[] | undefined): LineResult {
  const { id, unit, size } = line;
  const muster = rounds(ours);
  const result = { id, title: line.title.replace('#', size.toLocaleString('en')), unit, size, muster };
  if (!theirs) return result;
  const dbos = rounds(theirs);
  const times = unit === 'per second' ? muster.median / dbos.median : dbos.median / muster.median;
  if (line.role === 'shown') return { ...result, dbos, times };
  return { ...result, dbos, times, isAhead: isAhead(unit, muster.median, dbos.median) };
}

function rounds(samples: Sample[]): Rounds {
  const of = (pick: (sample: Sample) => number | undefined): number | undefined => {
    const values = samples.map(pick).filter((value) => value !== undefined);
    return values.length > 0 ? median(values) : undefined;
  };
  const values = samples.map(({ value }) => value);
  const [p50Ms, p99Ms] = [of((sample) => sample.p50Ms), of((sample) => sample.p99Ms)];
  return {
    median: median(values),
    values,
    ...(p50Ms === undefined ? {} : { p50Ms }),
    ...(p99Ms === undefined ? {} : { p99Ms }),
  };
}

export function failedLines({ lines }: Pick<Report, 'lines'>): LineResult[] {
  return lines.filter((line) => line.isAhead === false);
}

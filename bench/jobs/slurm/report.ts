import type { Settings } from './configuration';
import type { Latency, Rate } from './measurements';

/** What was measured of one Slurm. */
export interface SlurmResult {
  slots: number;
  settings: Settings;
  array: Rate;
  separate: Rate;
  latency: Latency;
  latencyAlone: Latency;
  srunLatency: Latency;
}

const header = [
  ...['slots', 'array/s', 'separate/s'],
  ...['p50 ms', 'p95 ms', 'p99 ms', 'alone p50', 'p95', 'srun p50', 'p95'],
];

/** The results as text of fixed width. */
export function slurmTable(results: readonly SlurmResult[]): string {
  const rows = [header, ...results.map(rowOf)];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return [
    ...rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')),
    '',
    'array: one sbatch of many tasks; separate: an sbatch for every job, 8 at once; both until every output is complete.',
    'p50 to p99: from the start of sbatch until it has ended and the output is complete, each when the one before is there;',
    'alone: the same when Slurm has had nothing to do for a while; srun: from its start to its end.',
  ].join('\n');
}

function rowOf({ slots, array, separate, latency, latencyAlone, srunLatency }: SlurmResult): string[] {
  const ms = (value: number): string => value.toFixed(1);
  return [
    ...[String(slots), array.perSecond.toFixed(1), separate.perSecond.toFixed(1)],
    ...[latency.p50Ms, latency.p95Ms, latency.p99Ms].map(ms),
    ...[latencyAlone.p50Ms, latencyAlone.p95Ms, srunLatency.p50Ms, srunLatency.p95Ms].map(ms),
  ];
}

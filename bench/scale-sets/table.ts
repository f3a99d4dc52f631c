import type { Phase, Report, SizeResult } from './report';
import { storageOfJoining } from './verdict';

const header = [
  ...['VMs', 'phase', 'wall s', 'ARM w', 'ARM r', '429', 'HTTP', '/VM', 'storage', '/VM'],
  ...['looks', 'events', '/VM', 'activities', 'p50 ms', 'p99 ms', 'last ms', 'CPU s'],
];

/** The report as text of fixed width. */
export function table({ sizes, settings, machine }: Report): string {
  const rows = [header, ...sizes.flatMap((result) => result.phases.map((phase) => rowOf(result, phase)))];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const drawn = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 1 ? cell.padEnd(widths[1] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  const list = (values: Record<string, string | number>): string =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ');
  return [
    ...drawn,
    '',
    'ARM w, r: writes and reads; storage: without looks at queues and without leases; looks: of workers at their queue;',
    'events: durable history; p50, p99: from the end of a boot (the agent is fetched) until it has enrolled;',
    'last: from the last end of a boot until all have enrolled.',
    ...sizes.map(({ size, hostPeakMiB }) => `${size} VMs: the host's peak of memory was ${hostPeakMiB} MiB.`),
    `settings: ${list(settings)}`,
    `machine: ${list(machine)}`,
  ].join('\n');
}

function rowOf({ size }: SizeResult, phase: Phase): string[] {
  const { arm, http, storage, durable, bootToEnrolledMs, lastBootToAllEnrolledMs } = phase;
  const vms = phase.booted || size;
  const each = (count: number): string => (count / vms).toFixed(2);
  const operations = storageOfJoining(phase);
  const activities = Object.values(durable.activities).reduce((total, count) => total + count, 0);
  return [
    ...[String(size), phase.name, phase.wallSeconds.toFixed(1)],
    ...[arm.writes, arm.reads, arm.refused, http.total].map(String),
    ...[each(http.total), String(operations), each(operations), String(storage.workerLooks)],
    ...[String(durable.events), each(durable.events), String(activities)],
    ...[bootToEnrolledMs?.p50, bootToEnrolledMs?.p99, lastBootToAllEnrolledMs].map((ms) => String(ms ?? '')),
    phase.hostCpuSeconds.toFixed(1),
  ];
}

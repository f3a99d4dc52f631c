import { median } from '../host/statistics';
import type { MusterResult, RateResult, Report, Spread } from './report';
import { slurmTable } from './slurm/report';

/** The report as text. */
export function table({ muster, slurm, settings, machine }: Report): string {
  const list = (values: Record<string, string | number>): string =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ');
  return [
    `Muster: ${muster.vms} VMs with ${muster.workersPerInstance} workers each`,
    ...latencyLines(muster),
    ...rateLines('array of', 'tasks/s', muster.array),
    ...rateLines('array of', 'tasks/s', muster.largeArray),
    ...rateLines('separate jobs,', 'jobs/s', muster.separate),
    ...outputLines(muster),
    ...queuedLines(muster),
    ...(slurm.length > 0 ? ['', 'Slurm:', slurmTable(slurm), ''] : ['']),
    `settings: ${list(settings)}`,
    ...slurm.slice(0, 1).map((result) => `Slurm's settings: ${list(result.settings)}`),
    `machine: ${list(machine)}`,
  ].join('\n');
}

function latencyLines({ latency }: MusterResult): string[] {
  if (!latency) return [];
  const line = (what: string, { p50, p95, p99, count }: Spread): string =>
    `  one job alone, ${what}: p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms (of ${count})`;
  return [
    line('submit to running', latency.submitToRunning),
    line('exit to status and stdout read', latency.exitToReadable),
    line('submit to both read', latency.submitToReadable),
  ];
}

function rateLines(what: string, unit: string, result: RateResult | undefined): string[] {
  if (!result) return [];
  const { count, perSecond, cost } = result;
  const each = (total: number): string => (total / count).toFixed(3);
  return [
    `  ${what} ${count}: median ${median(perSecond).toFixed(1)} ${unit} (${perSecond.map((rate) => rate.toFixed(1)).join(', ')}), all outputs compared`,
    `    each: ${each(cost.storageOperations)} storage operations, ${each(cost.httpCalls)} HTTP calls, ${each(cost.invocations)} function invocations, ${each(cost.durableEvents)} durable events; ${cost.looks} looks at queues in all`,
  ];
}

function outputLines({ output }: MusterResult): string[] {
  if (!output) return [];
  const mebibytes = output.bytes / 2 ** 20;
  const { before, peak } = output.agentMiB;
  return [
    `  ${mebibytes} MiB of stdout: ${(mebibytes / output.seconds).toFixed(1)} MiB/s, ${(output.appends / mebibytes).toFixed(3)} writes and ${(output.storageOperations / mebibytes).toFixed(3)} operations a MiB; the agent had ${before} MiB and at most ${peak} MiB; compared`,
  ];
}

function queuedLines({ queued }: MusterResult): string[] {
  if (!queued) return [];
  const kib = (bytes: number): string => (bytes / 1024).toFixed(1);
  return [
    `  ${queued.count} jobs for a scale set without VMs: ${queued.acceptedPerSecond.toFixed(1)} accepted a second; ${kib(queued.durableBytesPerJob)} KiB of durable state and ${kib(queued.storageBytesPerJob)} KiB of storage each; waiting, they take ${queued.restCpuSeconds.toFixed(1)} s of processor time in 30 s`,
  ];
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Stack } from '../../scripts/stack/stack';
import { machine } from '../host/report';
import { readArguments, type BenchArguments } from './arguments';
import { fullSizes, measureMuster, quickSizes } from './muster';
import type { Report } from './report';
import { measureSlurm } from './slurm/measure-slurm';
import { killSlurms } from './slurm/slurm';
import { benchSettings } from './stack';
import { table } from './table';
import { findNotHeld } from './verdict';

/** What must not outlive this program. */
const left: { stack?: Stack; folder?: string } = {};

async function main(): Promise<number> {
  const given = readArguments(process.argv.slice(2));
  endOnSignals();
  const folder = (left.folder = mkdtempSync(path.join(tmpdir(), 'muster-bench-')));
  try {
    return conclude(await measure(given, folder), given);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure({ isQuick, parts, hasPeer }: BenchArguments, folder: string): Promise<Report> {
  const sizes = isQuick ? quickSizes : fullSizes;
  const onStack = (stack: Stack): void => void (left.stack = stack);
  const muster = await measureMuster({ folder, parts, sizes, say, onStack });
  const { array, separate } = sizes;
  const slurmSizes = { array, separate, inARow: isQuick ? 10 : 100, alone: isQuick ? 3 : 60 };
  const slurm = hasPeer ? await measureSlurm(slurmSizes, { isQuick, say }) : [];
  return {
    at: new Date().toISOString(),
    isQuick,
    machine: machine(),
    settings: benchSettings,
    muster,
    slurm,
    notHeld: findNotHeld(muster, slurm),
  };
}

function conclude(report: Report, { jsonFile }: BenchArguments): number {
  process.stdout.write(`${table(report)}\n`);
  const json = JSON.stringify(report, null, 2);
  if (jsonFile === undefined) process.stdout.write(`\n${json}\n`);
  else writeFileSync(jsonFile, `${json}\n`);
  for (const sentence of report.notHeld) say(`Not held: ${sentence}`);
  if (report.notHeld.length === 0) say('Held: every number.');
  return report.notHeld.length === 0 ? 0 : 1;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function endOnSignals(): void {
  const end = (signal: NodeJS.Signals): void => {
    say(`${signal}: stopping.`);
    killSlurms();
    void Promise.resolve(left.stack?.stop()).finally(() => {
      if (left.folder) rmSync(left.folder, { recursive: true, force: true });
      process.exit(130);
    });
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  },
);

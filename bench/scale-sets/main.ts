import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { readArguments, type BenchArguments } from './arguments';
import type { Report, SizeResult } from './report';
import { runSize, settingsOf } from './run-size';
import { table } from './table';
import type { ThinStack } from './thin-stack';
import { findNotHeld } from './verdict';

/** What must not outlive this program. */
const left: { stack?: ThinStack; folder?: string } = {};

async function main(): Promise<number> {
  const given = readArguments(process.argv.slice(2));
  endOnSignals();
  const folder = (left.folder = mkdtempSync(path.join(tmpdir(), 'muster-bench-')));
  const sizes: SizeResult[] = [];
  try {
    for (const size of given.sizes) {
      process.stderr.write(`${size} VMs: create, grow by half, delete\n`);
      const onStack = (stack: ThinStack): void => void (left.stack = stack);
      sizes.push(await runSize(size, { folder, isQuick: given.isQuick, onStack }));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return conclude(sizes, given);
}

function conclude(sizes: SizeResult[], { isQuick, jsonFile }: BenchArguments): number {
  const { app, throttleFactor } = settingsOf(isQuick);
  const report: Report = {
    at: new Date().toISOString(),
    isQuick,
    machine: {
      processor: cpus()[0]?.model ?? '',
      cores: cpus().length,
      memoryMiB: Math.round(totalmem() / 2 ** 20),
    },
    settings: { ...app, throttleFactor },
    sizes,
    notHeld: findNotHeld(sizes),
  };
  process.stdout.write(`${table(report)}\n`);
  const json = JSON.stringify(report, null, 2);
  if (jsonFile === undefined) process.stdout.write(`\n${json}\n`);
  else writeFileSync(jsonFile, `${json}\n`);
  for (const sentence of report.notHeld) process.stderr.write(`Not held: ${sentence}\n`);
  if (report.notHeld.length === 0) process.stderr.write('Held: every number.\n');
  return report.notHeld.length === 0 ? 0 : 1;
}

function endOnSignals(): void {
  const end = (signal: NodeJS.Signals): void => {
    process.stderr.write(`${signal}: stopping.\n`);
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
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  },
);
